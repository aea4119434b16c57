"""The styles that a command line requests: checked against what a run can do, classes found by name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from data.sources.source import LabelSet

MEAN = "mean"
"""In place of a photo: the training set's mean style."""
ALL = "all"
"""In place of a style's name: each of them."""

PHOTO_STYLES = "norm=sean, norm=adain or encoder=image"
RUNS_WITH = {
    "style": ({"image", "region_style"}, PHOTO_STYLES),
    "interpolate": ({"image", "region_style"}, PHOTO_STYLES),
    "style_labels": ({"region_style"}, "norm=sean"),
    "samples": ({"image", "prior"}, "encoder=image or norm=adain"),
    "style_name": ({"cin"}, "norm=cin"),
}
"""The encoders or norms of the runs that take an option, and how a message names these runs."""


@dataclass(frozen=True)
class StyleArgs:
    """The options of test.py that choose styles, by the same names.

    `style`: photos, or MEAN, by the name of a class, None for the whole image; `style_labels`: their label
    maps, likewise; `interpolate`, `samples`: images of each label map; `style_name`: a learned style, or ALL.
    """

    style: Mapping[str | None, str] = field(default_factory=dict)
    style_labels: Mapping[str | None, str] = field(default_factory=dict)
    interpolate: int | None = None
    samples: int | None = None
    style_name: str | None = None

    def requested(self) -> list[str]:
        """The options as they stand on the command line; none where each image keeps its own style."""
        counts = {"interpolate": self.interpolate, "samples": self.samples, "style_name": self.style_name}
        tables = {"style": self.style, "style_labels": self.style_labels}
        entries = [
            f"{option_name(key, name)}={table[name]}" for key, table in tables.items() for name in table
        ]
        return entries + [f"{name}={value}" for name, value in counts.items() if value is not None]

    def check(self, encoder: str, norm: str) -> None:
        """Raises ValueError where a run of these choices cannot do what is requested, or options conflict."""
        for option in self.requested():
            choices, runs = RUNS_WITH[re.split("[.=]", option)[0]]
            if not choices & {encoder, norm}:
                raise ValueError(f"{option}: that is for runs of {runs}, which this one is not")
        if encoder == "image":
            for class_name in filter(None, self.style):
                raise ValueError(
                    f"style.{class_name}: this run has one style for all regions; write style=PHOTO"
                )
            if self.style.get(None) == MEAN:
                raise ValueError(f"style={MEAN}: this run has no mean style; write style=PHOTO, or samples=1")
        for name in self.style_labels:
            if self.style.get(name, MEAN) == MEAN:
                raise ValueError(
                    f"{option_name('style_labels', name)} is the label map of a photo; "
                    f"add {option_name('style', name)}=PHOTO"
                )
        if self.samples is not None and (self.style or self.interpolate is not None):
            raise ValueError(f"samples draws styles and {self.requested()[0]} gives one; drop one of them")
        if self.interpolate is not None and not self.style:
            raise ValueError(f"interpolate={self.interpolate}: give the style where to end: style=PHOTO")

    def style_ids(self, names: Sequence[str]) -> list[int] | None:
        """The ids of the learned styles requested, among `names`; None where each label map keeps its own."""
        if self.style_name is None:
            return None
        if self.style_name == ALL:
            return list(range(len(names)))
        if self.style_name not in names:
            raise ValueError(f"style_name={self.style_name}: this run knows {', '.join(names)}, and {ALL}")
        return [names.index(self.style_name)]


def option_name(table: str, name: str | None) -> str:
    """The option that sets an entry of a table, None being the one for the whole image."""
    return table if name is None else f"{table}.{name}"


def find_class(given: str, label_set: LabelSet, option: str) -> int:
    """The id of a class given by its name, with _ for all but letters and digits, or by its id.

    Raises ValueError, naming the classes, where there is none or more than one.
    """
    names = [class_key(name) for name in label_set.names]
    found = [label for label, name in enumerate(names) if name == class_key(given)]
    if not found and given.isdecimal() and int(given) < len(label_set):
        return int(given)
    if len(found) > 1:
        raise ValueError(f"{option}.{given}: several classes have this name; give the id: {found}")
    if not found:
        near = difflib.get_close_matches(class_key(given), names, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise ValueError(f"{option}.{given}: no such class; {meant}there are {', '.join(names)}")
    return found[0]


def class_key(name: str) -> str:
    """A class's name as a command line takes it: "Traffic light" is traffic_light."""
    return re.sub(r"[\W_]+", "_", name.lower()).strip("_")
