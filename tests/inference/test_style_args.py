"""The styles that users request: classes by their names, and what is refused with the remedy."""

from __future__ import annotations

import re

import pytest

from data.sources.source import LabelSet
from inference.style_args import StyleArgs, find_class, noise_of_classes

NAMES = ("sky", "Traffic light", "window-blind", "ground; earth", "7", "wall", "Wall")
LABEL_SET = LabelSet(NAMES, ((0, 0, 0),) * len(NAMES), False)
RUNS = {
    "sean": ("region_style", "sean"),
    "vae": ("image", "spade"),
    "prior": ("prior", "spade"),
    "adain": ("image", "adain"),
    "cin": ("none", "cin"),
    "spade": ("none", "spade"),
    "oasis": ("none", "spade", 64),
    "noisy sean": ("region_style", "sean", 8),
}
"""Encoder, norm and the width of the noise."""


@pytest.mark.parametrize(
    ("word", "label"),
    [
        ("sky", 0), ("Sky", 0), ("0", 0), ("traffic_light", 1), ("window_blind", 2), ("ground_earth", 3),
        ("2", 2), ("7", 4), ("5", 5), ("6", 6),
    ],
)  # fmt: skip
def test_a_class_by_its_name_or_id(word: str, label: int) -> None:
    assert find_class(word, LABEL_SET) == label


def test_a_class_that_is_not_there() -> None:
    known = "there are sky, traffic_light, window_blind, ground_earth, 7, wall, wall"
    with pytest.raises(ValueError, match=f"style.skky: no such class; did you mean sky. {known}"):
        find_class("skky", LABEL_SET)
    with pytest.raises(ValueError, match=f"style.99: no such class; {known}"):
        find_class("99", LABEL_SET)
    with pytest.raises(ValueError, match=r"several classes.*give the id: \[5, 6\]"):
        find_class("wall", LABEL_SET)


REFUSED: list[tuple[str, StyleArgs, str]] = [
    ("spade", StyleArgs(style={None: "a"}), "style=a: that is for runs of norm=sean, norm=adain or enc"),
    ("spade", StyleArgs(samples=2), "samples=2: that is for runs of encoder=image or norm=adain"),
    ("spade", StyleArgs(style_name="night"), "style_name=night: that is for runs of norm=cin"),
    ("cin", StyleArgs(interpolate=3), "interpolate=3: that is for runs of norm=sean"),
    ("sean", StyleArgs(samples=2), "samples=2: that is for runs of encoder=image"),
    ("sean", StyleArgs(style_name="night"), "style_name=night: that is for runs of norm=cin"),
    (
        "sean",
        StyleArgs(style_labels={"sky": "b"}),
        "style_labels.sky is the label map of a photo; add styl",
    ),
    ("sean", StyleArgs(style={"sky": "mean"}, style_labels={"sky": "b"}), "add style.sky=PHOTO"),
    ("sean", StyleArgs(style={"sky": "a"}, style_labels={None: "b"}), "add style=PHOTO"),
    ("sean", StyleArgs(interpolate=3), "interpolate=3: give where to end: style=PHOTO"),
    ("oasis", StyleArgs(interpolate=3), "interpolate=3: give where to end: noise=SEED"),
    ("noisy sean", StyleArgs(interpolate=3), "interpolate=3: give where to end: style=PHOTO or noise=SEED"),
    ("oasis", StyleArgs(noise={"sky": -1}), "noise.sky=-1: give 0 or more"),
    (
        "oasis",
        StyleArgs(noise={"sky": 1}, samples=2),
        "samples draws styles and noise, and noise.sky=1 gives",
    ),
    ("oasis", StyleArgs(style={None: "a"}), "style=a: that is for runs of norm=sean"),
    ("spade", StyleArgs(noise={None: 0}), "noise=0: that is for runs of generator.noise=64, which this one"),
    ("vae", StyleArgs(style={"sky": "a"}), "style.sky: this run has one style for all regions"),
    (
        "vae",
        StyleArgs(style={None: "a"}, style_labels={None: "b"}),
        "style_labels=b: that is for runs of",
    ),
    ("vae", StyleArgs(style={None: "mean"}), "style=mean: this run has no mean style"),
    ("vae", StyleArgs(style={None: "a"}, samples=2), "samples draws styles and noise, and style=a gives one"),
    ("prior", StyleArgs(style={None: "a"}), "style=a: that is for runs of norm=sean"),
    ("adain", StyleArgs(samples=2, interpolate=2), "samples draws styles and noise, and interpolate=2 gives"),
]


@pytest.mark.parametrize(
    ("run", "args", "message"), REFUSED, ids=[f"{run} {message}" for run, _, message in REFUSED]
)
def test_what_is_refused(run: str, args: StyleArgs, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        args.check(*RUNS[run])


ACCEPTED = [
    ("sean", StyleArgs()),
    ("sean", StyleArgs(style={None: "a", "sky": "b"}, style_labels={"sky": "c"}, interpolate=2)),
    ("vae", StyleArgs(samples=1)),
    ("vae", StyleArgs(style={None: "a"}, interpolate=2)),
    ("adain", StyleArgs(samples=3)),
    ("cin", StyleArgs(style_name="all")),
    ("spade", StyleArgs()),
    ("oasis", StyleArgs(samples=2)),
    ("oasis", StyleArgs(noise={None: 1, "sky": 2}, interpolate=2)),
    ("noisy sean", StyleArgs(style={"sky": "a"}, noise={"sky": 2}, interpolate=2)),
    ("noisy sean", StyleArgs(samples=2)),
]


@pytest.mark.parametrize(
    ("run", "args"), ACCEPTED, ids=[f"{run} {number}" for number, (run, _) in enumerate(ACCEPTED)]
)
def test_what_is_accepted(run: str, args: StyleArgs) -> None:
    args.check(*RUNS[run])


def test_learned_styles_by_name() -> None:
    names = ("day", "night")
    assert StyleArgs().style_ids(names) is None
    assert StyleArgs(style_name="night").style_ids(names) == [1]
    assert StyleArgs(style_name="all").style_ids(names) == [0, 1]
    with pytest.raises(ValueError, match="style_name=dusk: this run knows day, night, and all"):
        StyleArgs(style_name="dusk").style_ids(names)


def test_noise_of_classes_by_name() -> None:
    assert noise_of_classes(StyleArgs(noise={None: 1, "sky": 2, "3": 0}), LABEL_SET) == {0: 2, 3: 0}
    with pytest.raises(ValueError, match=r"noise\.skky: no such class; did you mean sky"):
        noise_of_classes(StyleArgs(noise={"skky": 2}), LABEL_SET)
    with pytest.raises(ValueError, match=r"noise\.0=3: this class has 2 already"):
        noise_of_classes(StyleArgs(noise={"sky": 2, "0": 3}), LABEL_SET)


def test_requested_as_on_the_command_line() -> None:
    args = StyleArgs({None: "a", "sky": "mean"}, {None: "b"}, interpolate=2)
    assert args.requested() == ["style=a", "style.sky=mean", "style_labels=b", "interpolate=2"]
    assert StyleArgs().requested() == []
    assert StyleArgs(noise={"sky": 0, None: 3}).requested() == ["noise.sky=0", "noise=3"]
    assert StyleArgs(samples=3, style_name="all").requested() == ["samples=3", "style_name=all"]
