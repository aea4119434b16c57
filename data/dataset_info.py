"""What a run's networks must know of its data set, kept in the run folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from data.atomic_write import write_text_atomically
from data.sources.source import LabelSet, Source

FILE = "dataset_info.json"
OLD_FILE = "facts.json"
"""Its name in runs of earlier versions."""


@dataclass(frozen=True)
class DatasetInfo:
    """Classes and styles of the data set that a run is trained on.

    `edges`: the networks see where instances border each other.
    """

    label_set: LabelSet
    edges: bool
    styles: tuple[str, ...]

    @classmethod
    def of(cls, source: Source, edges: bool) -> DatasetInfo:
        """That of a source; ValueError where `edges` are wanted of one without instance maps."""
        if edges and not source.has_instances:
            raise ValueError(
                "dataset.instances=true, but there are no instance maps; set dataset.instances=false"
            )
        return cls(source.label_set, edges, source.styles)

    def write(self, run: Path) -> None:
        """Writes dataset_info.json into the run folder."""
        write_text_atomically(run / FILE, json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, run: Path) -> DatasetInfo:
        """Reads it back; ValueError where the file is absent or not what `write` wrote."""
        file = run / FILE
        if not file.exists() and (run / OLD_FILE).exists():
            file = run / OLD_FILE
        try:
            stored = json.loads(file.read_text())
            labels = stored["label_set"]
            label_set = LabelSet(
                tuple(labels["names"]),
                tuple((int(red), int(green), int(blue)) for red, green, blue in labels["colours"]),
                bool(labels["has_unknown"]),
            )
            return cls(label_set, bool(stored["edges"]), tuple(stored["styles"]))
        except FileNotFoundError as error:
            raise ValueError(f"{file} is absent: {run} is not the folder of a run") from error
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{file} is damaged ({error}); take it from a copy of the run") from error
