"""Options of `python test.py`: what to generate from, and where to."""

from __future__ import annotations

from dataclasses import dataclass, field

from omegaconf import MISSING

from options.schema.training import HardwareOptions


@dataclass
class TestDatasetOptions:
    """What may differ from the run's own data set."""

    root: str | None = None


WHOLE = "all"
"""The entry of a table that `style=PHOTO`, without a class, makes."""

MEAN = "mean"
"""In place of a photo: the training set's mean style."""


@dataclass
class TestOptions:
    """`python test.py`.

    Tables (`style`, `style_labels`) have an entry a class: `style.sky=A.png`; without a class, for all.
    """

    name: str = MISSING  # a run under checkpoints/, or the path of a run folder
    out: str = "results"
    folder: str | None = None  # where everything goes; null: OUT/RUN/SPLIT (OUT/RUN/own for labels=DIR)
    split: str = "val"
    dataset: TestDatasetOptions = field(default_factory=TestDatasetOptions)
    labels: str | None = None  # a folder of your own label maps, instead of the data set's
    instances: str | None = None
    photos: str | None = None
    images: int | None = None  # how many to make; null: all
    train_images: int = 1000  # training photos that set the scale of the numbers, or say the mean styles
    batch: int = 8
    samples: int | None = None  # encoder=image: so many images a label map, their styles drawn at random
    style: dict[str, str] = field(default_factory=dict)  # photo whose style to take, or "mean"
    style_labels: dict[str, str] = field(default_factory=dict)  # its label map; without: all of the photo
    interpolate: int | None = None  # so many images a label map, from its own style to the one asked for
    style_name: str | None = None  # norm=cin: a style by its name, or "all"
    seed: int = 0
    gallery: int = 200  # pictures on the page; all are written
    hardware: HardwareOptions = field(default_factory=HardwareOptions)
