"""What a person asks of styles: classes by their names, and what is refused with the remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from data.dataset_info import DatasetInfo
from data.sources.source import LabelSet
from inference.style_args import check_styles, find_class, requested_style_ids, requested_styles
from options.schema import TestOptions as Asked
from tests.tiny import tiny_options

NAMES = ("sky", "Traffic light", "window-blind", "ground; earth", "7", "wall", "Wall")
LABEL_SET = LabelSet(NAMES, ((0, 0, 0),) * len(NAMES), False)
RUNS = {
    "sean": ("norm=sean", "encoder=region_style"),
    "vae": ("encoder=image",),
    "adain": ("norm=adain", "encoder=image"),
    "cin": ("norm=cin",),
    "spade": (),
}


@pytest.mark.parametrize(
    ("word", "label"),
    [
        ("sky", 0), ("Sky", 0), ("0", 0), ("traffic_light", 1), ("window_blind", 2), ("ground_earth", 3),
        ("2", 2), ("7", 4), ("5", 5), ("6", 6),
    ],
)  # fmt: skip
def test_a_class_by_its_name_or_id(word: str, label: int) -> None:
    assert find_class(word, LABEL_SET, "style") == label


def test_a_class_that_is_not_there() -> None:
    known = "there are sky, traffic_light, window_blind, ground_earth, 7, wall, wall"
    with pytest.raises(ValueError, match=f"style.skky: no such class; did you mean sky. {known}"):
        find_class("skky", LABEL_SET, "style")
    with pytest.raises(ValueError, match=f"style.99: no such class; {known}"):
        find_class("99", LABEL_SET, "style")
    with pytest.raises(ValueError, match=r"several classes.*give the id: \[5, 6\]"):
        find_class("wall", LABEL_SET, "style")


def test_requests_by_class(tmp_path: Path) -> None:
    photo, labels = tmp_path / "a.png", tmp_path / "b.png"
    photo.touch(), labels.touch()
    options = Asked(
        style={"all": str(photo), "sky": "mean", "traffic_light": str(photo)},
        style_labels={"traffic_light": str(labels)},
    )
    requests = requested_styles(options, LABEL_SET)
    assert {label: (request.photo, request.labels) for label, request in requests.items()} == {
        None: (photo, None), 0: (None, None), 1: (photo, labels),
    }  # fmt: skip
    assert requests[1].option == f"style.traffic_light={photo}"
    with pytest.raises(ValueError, match=re.escape("style.0=mean: this class has style.sky=mean already")):
        requested_styles(Asked(style={"sky": "mean", "0": "mean"}), LABEL_SET)
    for options, said in (
        (Asked(style={"all": "absent.png"}), "style=absent.png: there is no such file"),
        (
            Asked(style={"sky": str(photo)}, style_labels={"sky": "absent.png"}),
            "style_labels.sky=absent.png: there is no such file",
        ),
    ):
        with pytest.raises(ValueError, match=re.escape(said)):
            requested_styles(options, LABEL_SET)


REFUSED: list[tuple[str, Asked, str]] = [
    ("spade", Asked(style={"all": "a"}), "style=a: that is for runs of norm=sean, norm=adain or enc"),
    ("spade", Asked(samples=2), "samples=2: that is for runs of encoder=image or norm=adain"),
    ("spade", Asked(style_name="night"), "style_name=night: that is for runs of norm=cin"),
    ("cin", Asked(interpolate=3), "interpolate=3: that is for runs of norm=sean"),
    ("sean", Asked(samples=2), "samples=2: that is for runs of encoder=image"),
    ("sean", Asked(style_name="night"), "style_name=night: that is for runs of norm=cin"),
    (
        "sean",
        Asked(style_labels={"sky": "b"}),
        "style_labels.sky is the label map of a photo; add styl",
    ),
    ("sean", Asked(style={"sky": "mean"}, style_labels={"sky": "b"}), "add style.sky=PHOTO"),
    ("sean", Asked(style={"sky": "a"}, style_labels={"all": "b"}), "add style=PHOTO"),
    ("sean", Asked(interpolate=3), "interpolate=3: give 2 images or more, and where to end"),
    ("sean", Asked(interpolate=1, style={"sky": "a"}), "interpolate=1: give 2 images or more"),
    ("vae", Asked(style={"sky": "a"}), "style.sky: this run has one style for all regions"),
    (
        "vae",
        Asked(style={"all": "a"}, style_labels={"all": "b"}),
        "style_labels=b: that is for runs of",
    ),
    ("vae", Asked(style={"all": "mean"}), "style=mean: this run has no mean style"),
    ("vae", Asked(style={"all": "a"}, samples=2), "samples draws styles and style=a gives one"),
    ("adain", Asked(samples=0), "samples=0: give 1 or more"),
]


@pytest.mark.parametrize(
    ("run", "options", "said"), REFUSED, ids=[f"{run} {said}" for run, _, said in REFUSED]
)
def test_what_is_refused(run: str, options: Asked, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        check_styles(options, tiny_options(*RUNS[run]))


ACCEPTED = [
    ("sean", Asked()),
    ("sean", Asked(style={"all": "a", "sky": "b"}, style_labels={"sky": "c"}, interpolate=2)),
    ("vae", Asked(samples=1)),
    ("vae", Asked(style={"all": "a"}, interpolate=2)),
    ("adain", Asked(samples=3)),
    ("cin", Asked(style_name="all")),
    ("spade", Asked()),
]


@pytest.mark.parametrize(
    ("run", "options"), ACCEPTED, ids=[f"{run} {number}" for number, (run, _) in enumerate(ACCEPTED)]
)
def test_what_is_accepted(run: str, options: Asked) -> None:
    check_styles(options, tiny_options(*RUNS[run]))


def test_learned_styles_by_name() -> None:
    facts = DatasetInfo(LABEL_SET, False, ("day", "night"))
    assert requested_style_ids(Asked(), facts) is None
    assert requested_style_ids(Asked(style_name="night"), facts) == [1]
    assert requested_style_ids(Asked(style_name="all"), facts) == [0, 1]
    with pytest.raises(ValueError, match="style_name=dusk: this run knows day, night, and all"):
        requested_style_ids(Asked(style_name="dusk"), facts)
