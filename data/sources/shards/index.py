"""What index.json says of a split's shards: how many records each holds, and what their ids stand for."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from data.sources.source import LabelSet

FILE = "index.json"
FORMAT = 1
SHARD_NAME = re.compile(r"\w[\w.-]*\.tar")


@dataclass(frozen=True)
class ShardIndex:
    """A split as shards: how many records each archive beside the index holds.

    `made`: what they were made from; while they are being made, `shards` is None.
    """

    label_set: LabelSet
    styles: tuple[str, ...]
    has_instances: bool
    shards: dict[str, int] | None
    made: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """The text of index.json."""
        classes = zip(self.label_set.names, self.label_set.colours)
        shards = None
        if self.shards is not None:
            shards = [{"name": name, "records": records} for name, records in self.shards.items()]
        content = {
            "format": FORMAT,
            "classes": [{"name": name, "colour": colour} for name, colour in classes],
            "has_unknown": self.label_set.has_unknown,
            "styles": self.styles,
            "has_instances": self.has_instances,
            "made": self.made,
            "shards": shards,
        }
        return json.dumps(content, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str, file: str) -> ShardIndex:
        """Reads the text of `file`; ValueError where it is no such index."""
        try:
            content = json.loads(text)
            if content["format"] != FORMAT:
                raise ValueError(f"its format is {content['format']}, this version reads {FORMAT}")
            classes, shards = content["classes"], content["shards"]
            colours = tuple((int(r), int(g), int(b)) for r, g, b in (entry["colour"] for entry in classes))
            names = tuple(str(entry["name"]) for entry in classes)
            if shards is not None:
                shards = {str(entry["name"]): int(entry["records"]) for entry in shards}
                for name, records in shards.items():
                    if not SHARD_NAME.fullmatch(name):
                        raise ValueError(f"{name!r} is no name of a tar file beside it")
                    if records < 1:
                        raise ValueError(f"{name} is listed with {records} records")
            return cls(
                LabelSet(names, colours, bool(content["has_unknown"])),
                tuple(str(style) for style in content["styles"]),
                bool(content["has_instances"]),
                shards,
                dict(content["made"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            why = f"{error} is absent" if isinstance(error, KeyError) else str(error)
            raise ValueError(f"{file}: no index of shards ({why}); run scripts/make_shards.py") from error
