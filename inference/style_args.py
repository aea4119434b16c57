"""What a command line asks of styles: checked against what a run can do, classes found by their names."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from data.dataset_info import DatasetInfo
from data.sources.source import LabelSet
from options.schema.networks import CinOptions, ImageEncoderOptions, PriorOptions, RegionStyleOptions
from options.schema.testing import MEAN, WHOLE, TestOptions
from options.schema.training import TrainOptions

RUNS_WITH = {
    "style": "norm=sean, norm=adain or encoder=image",
    "interpolate": "norm=sean, norm=adain or encoder=image",
    "style_labels": "norm=sean",
    "samples": "encoder=image or norm=adain",
    "style_name": "norm=cin",
}
"""Whose runs take which option."""


@dataclass(frozen=True)
class StyleRequest:
    """A style to take from `photo` with its label map, the whole of it without one; None: the mean style.

    `option`: as it stands on the command line.
    """

    option: str
    photo: Path | None
    labels: Path | None


def asked_styles(options: TestOptions) -> list[str]:
    """What a command line asks of styles, in its own words; nothing where each image keeps its own."""
    asked = [
        f"{_option(table, name)}={value}"
        for table in ("style", "style_labels")
        for name, value in getattr(options, table).items()
    ]
    for word in ("interpolate", "samples", "style_name"):
        if getattr(options, word) is not None:
            asked.append(f"{word}={getattr(options, word)}")
    return asked


def check_styles(options: TestOptions, run: TrainOptions) -> None:
    """Raises ValueError where the run cannot do what is asked of its styles, or it makes no sense."""
    asked, known = asked_styles(options), _known_options(run)
    for word in asked:
        name = word.partition("=")[0].partition(".")[0]
        if name not in known:
            raise ValueError(f"{word}: that is for runs of {RUNS_WITH[name]}, which this one is not")
    if isinstance(run.encoder, ImageEncoderOptions):
        _check_one_style(options)
    for name in options.style_labels:
        if options.style.get(name, MEAN) == MEAN:
            raise ValueError(
                f"{_option('style_labels', name)} is the label map of a photo; "
                f"add {_option('style', name)}=PHOTO"
            )
    if options.samples is not None and (options.style or options.interpolate is not None):
        raise ValueError(f"samples draws styles and {asked[0]} gives one; leave one of them out")
    if options.samples is not None and options.samples < 1:
        raise ValueError(f"samples={options.samples}: give 1 or more")
    if options.interpolate is not None and (options.interpolate < 2 or not options.style):
        raise ValueError(
            f"interpolate={options.interpolate}: give 2 images or more, and where to end: style=PHOTO"
        )


def _known_options(run: TrainOptions) -> set[str]:
    known = set()
    if isinstance(run.norm, CinOptions):
        known |= {"style_name"}
    if isinstance(run.encoder, ImageEncoderOptions):
        known |= {"style", "interpolate", "samples"}
    if isinstance(run.encoder, PriorOptions):
        known |= {"samples"}
    if isinstance(run.encoder, RegionStyleOptions):
        known |= {"style", "interpolate", "style_labels"}
    return known


def requested_styles(options: TestOptions, label_set: LabelSet) -> dict[int | None, StyleRequest]:
    """The styles asked for, by class; None stands for the whole image.

    Raises ValueError for a name that no class has, and for files that do not exist.
    """
    requests: dict[int | None, StyleRequest] = {}
    for name, photo in options.style.items():
        label = None if name == WHOLE else find_class(name, label_set, "style")
        option = f"{_option('style', name)}={photo}"
        if label in requests:
            raise ValueError(f"{option}: this class has {requests[label].option} already; give one of them")
        labels = options.style_labels.get(name)
        requests[label] = StyleRequest(
            option,
            None if photo == MEAN else _existing(photo, _option("style", name)),
            None if labels is None else _existing(labels, _option("style_labels", name)),
        )
    return requests


def requested_style_ids(options: TestOptions, facts: DatasetInfo) -> list[int] | None:
    """The learned styles that a name stands for; None where each sample keeps its own."""
    if options.style_name is None:
        return None
    if options.style_name == WHOLE:
        return list(range(len(facts.styles)))
    if options.style_name not in facts.styles:
        raise ValueError(
            f"style_name={options.style_name}: this run knows {', '.join(facts.styles)}, and {WHOLE}"
        )
    return [facts.styles.index(options.style_name)]


def find_class(word: str, label_set: LabelSet, option: str) -> int:
    """The id of the class that a person calls `word`: its name, with _ for all but letters and digits, or id.

    Raises ValueError, naming the classes, where there is none or more than one.
    """
    words = [class_word(name) for name in label_set.names]
    found = [label for label, name in enumerate(words) if name == class_word(word)]
    if not found and word.isdecimal() and int(word) < len(label_set):
        return int(word)
    if len(found) > 1:
        raise ValueError(f"{option}.{word}: several classes have this name; give the id: {found}")
    if not found:
        near = difflib.get_close_matches(class_word(word), words, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise ValueError(f"{option}.{word}: no such class; {meant}there are {', '.join(words)}")
    return found[0]


def class_word(name: str) -> str:
    """A class's name as a command line takes it: "Traffic light" is traffic_light."""
    return re.sub(r"[\W_]+", "_", name.lower()).strip("_")


def _check_one_style(options: TestOptions) -> None:
    """Of a run whose images have one style each."""
    for name in options.style:
        if name != WHOLE:
            raise ValueError(
                f"{_option('style', name)}: this run has one style for all regions; write style=PHOTO"
            )
    if options.style.get(WHOLE) == MEAN:
        raise ValueError(f"style={MEAN}: this run has no mean style; write style=PHOTO, or samples=1")


def _option(table: str, name: str) -> str:
    return table if name == WHOLE else f"{table}.{name}"


def _existing(file: str, option: str) -> Path:
    path = Path(file).expanduser()
    if not path.is_file():
        raise ValueError(f"{option}={file}: there is no such file")
    return path
