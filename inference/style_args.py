"""The styles that a command line requests: checked against what a run can do, and their style codes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from torch import Tensor

from data.batch import Sample
from data.sources.file_source import read_record
from data.sources.image_io import read_photo
from data.sources.label_format import LabelFormat
from data.sources.source import LabelSet, Record
from data.transforms import JointTransform
from inference.generator import LabelMapGenerator

MEAN = "mean"
"""In place of a photo: the training set's mean style."""
ALL = "all"
"""In place of a style's name: each of them."""

PHOTO_STYLES = "norm=sean, norm=adain or encoder=image"
NOISE = "noise"
DRAWN = {"image", "prior"}
"""The encoders of the runs whose styles can be drawn."""
RUNS_WITH = {
    "style": ({"image", "region_style"}, PHOTO_STYLES),
    "interpolate": ({"image", "region_style", NOISE}, f"{PHOTO_STYLES}, or generator.noise=64"),
    "style_labels": ({"region_style"}, "norm=sean"),
    "samples": (DRAWN | {NOISE}, "encoder=image or norm=adain, or generator.noise=64"),
    "style_name": ({"cin"}, "norm=cin"),
    "noise": ({NOISE}, "generator.noise=64"),
}
"""The encoders or norms of the runs that take an option, and how a message names these runs."""


@dataclass(frozen=True)
class StyleArgs:
    """The options of test.py that choose styles and noise, by the same names.

    `style`: photos, or MEAN, by the name of a class, None for the whole image; `style_labels`: their label
    maps, likewise; `interpolate`, `samples`: images of each label map; `style_name`: a learned style, or ALL;
    `noise`: seeds of noise, by class as `style`.
    """

    style: Mapping[str | None, str] = field(default_factory=dict)
    style_labels: Mapping[str | None, str] = field(default_factory=dict)
    interpolate: int | None = None
    samples: int | None = None
    style_name: str | None = None
    noise: Mapping[str | None, int] = field(default_factory=dict)

    def requested(self) -> list[str]:
        """The options as they stand on the command line; none where each image keeps its own style."""
        tables = {"style": self.style, "style_labels": self.style_labels, "noise": self.noise}
        given: dict[str, object] = {
            option_name(key, name): value for key, table in tables.items() for name, value in table.items()
        }
        given |= {key: getattr(self, key) for key in ("interpolate", "samples", "style_name")}
        return [f"{name}={value}" for name, value in given.items() if value is not None]

    def check(self, encoder: str, norm: str, noise_width: int = 0) -> None:
        """Raises ValueError where a run of these choices cannot do what is requested, or options conflict."""
        kinds = {encoder, norm} | ({NOISE} if noise_width else set())
        for option in self.requested():
            choices, runs = RUNS_WITH[re.split("[.=]", option)[0]]
            if not choices & kinds:
                raise ValueError(f"{option}: that is for runs of {runs}, which this one is not")
        if encoder == "image":
            for region in filter(None, self.style):
                raise ValueError(f"style.{region}: this run has one style for all regions; write style=PHOTO")
            if self.style.get(None) == MEAN:
                raise ValueError(f"style={MEAN}: this run has no mean style; write style=PHOTO, or samples=1")
        for name in self.style_labels:
            if self.style.get(name, MEAN) == MEAN:
                labels, photo = option_name("style_labels", name), option_name("style", name)
                raise ValueError(f"{labels} is the label map of a photo; add {photo}=PHOTO")
        for name, seed in self.noise.items():
            if seed < 0:
                raise ValueError(f"{option_name('noise', name)}={seed}: give 0 or more")
        if self.samples is not None and (self.style or self.noise or self.interpolate is not None):
            raise ValueError(
                f"samples draws styles and noise, and {self.requested()[0]} gives one; drop one of them"
            )
        if self.interpolate is not None and not (self.style or self.noise):
            given = [f"{NOISE}=SEED"] if noise_width else []
            ends = ["style=PHOTO"] * (encoder in RUNS_WITH["style"][0]) + given
            raise ValueError(f"interpolate={self.interpolate}: give where to end: {' or '.join(ends)}")

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


def find_class(given: str, label_set: LabelSet, table: str = "style") -> int:
    """The id of a class given by its name, with _ for all but letters and digits, or by its id.

    Raises ValueError, naming the classes and the option of `table`, where there is none or more than one.
    """
    names = [_class_key(name) for name in label_set.names]
    found = [label for label, name in enumerate(names) if name == _class_key(given)]
    if not found and given.isdecimal() and int(given) < len(label_set):
        return int(given)
    if len(found) > 1:
        raise ValueError(f"{table}.{given}: several classes have this name; give the id: {found}")
    if not found:
        near = difflib.get_close_matches(_class_key(given), names, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise ValueError(f"{table}.{given}: no such class; {meant}there are {', '.join(names)}")
    return found[0]


def noise_of_classes(args: StyleArgs, label_set: LabelSet) -> dict[int, int]:
    """The seeds of `args.noise` by class, without that of the whole image; ValueError as `find_class`."""
    seeds: dict[int, int] = {}
    for name, seed in args.noise.items():
        if name is not None:
            label = find_class(name, label_set, "noise")
            if label in seeds:
                raise ValueError(
                    f"noise.{name}={seed}: this class has {seeds[label]} already; give one of them"
                )
            seeds[label] = seed
    return seeds


def _class_key(name: str) -> str:
    """A class's name as a command line takes it: "Traffic light" is traffic_light."""
    return re.sub(r"[\W_]+", "_", name.lower()).strip("_")


def requested_codes(
    args: StyleArgs,
    label_set: LabelSet,
    generator: LabelMapGenerator,
    read: Callable[[Path, Path | None], Sample],
    means: Callable[[], Tensor] | None,
) -> dict[int | None, Tensor]:
    """The codes of `args.style`, (1, D) or (1, K, D), by class; None stands for the whole image.

    `read`: reads a photo with its label map; `means`: returns the mean styles (K, D).

    Raises ValueError for a name that no class has, for files that are absent or do not fit, and for a label
    map that does not show its class.
    """
    options: dict[int | None, str] = {}
    codes: dict[int | None, Tensor] = {}
    for name, photo in args.style.items():
        label = None if name is None else find_class(name, label_set)
        option = f"{option_name('style', name)}={photo}"
        if label in options:
            raise ValueError(f"{option}: this class has {options[label]} already; give one of them")
        options[label] = option
        if photo == MEAN:
            assert means is not None, "StyleArgs.check has seen to it"
            codes[label] = means()[None]
            continue
        given = args.style_labels.get(name)
        labels = None if given is None else _existing(given, option_name("style_labels", name))
        sample = read(_existing(photo, option_name("style", name)), labels)
        assert sample.photo is not None
        shown = sample.labels.unique().tolist()
        if labels is not None and label is not None and label not in shown:
            raise ValueError(
                f"{option}: its label map {labels} shows no {label_set.names[label]}, but "
                f"{', '.join(label_set.names[other] for other in shown)}; "
                "without its label map the style of the whole photo is taken"
            )
        codes[label] = generator.styles(sample.photo[None], None if labels is None else sample.labels[None])
    return codes


def read_style_photo(
    photo: Path, labels: Path | None, label_format: LabelFormat, height: int, width: int
) -> Sample:
    """A photo with its label map, its shorter side as long as those of training images, `height` x `width`.

    A style is taken from features a few pixels wide: a photo four times as large has others.
    Without a label map `labels` are zero. Raises ValueError where the files cannot be used.
    """
    if labels is None:
        picture = read_photo(photo)
        record = Record(picture, np.zeros((picture.height, picture.width), np.int32), None, 0, photo.stem)
    else:
        record = read_record(labels, photo, None, label_format)
    resize = JointTransform(height, width, resize="short_side")
    return resize(record, np.random.default_rng(0))  # nothing is drawn: neither crop nor flip


def _existing(file: str, option: str) -> Path:
    path = Path(file).expanduser()
    if not path.is_file():
        raise ValueError(f"{option}={file}: there is no such file")
    return path
