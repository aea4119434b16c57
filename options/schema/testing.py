"""Options of `python test.py`: what to generate from, and where to."""

from __future__ import annotations

from dataclasses import dataclass, field

from omegaconf import MISSING

from options.schema.training import HardwareOptions


@dataclass
class TestDatasetOptions:
    """What may differ from the run's own data set."""

    root: str | None = None


@dataclass
class TestOptions:
    """`python test.py`."""

    name: str = MISSING  # a run under checkpoints/, or the path of a run folder
    out: str = "results"
    folder: str | None = None  # where everything goes; null: OUT/RUN/SPLIT (OUT/RUN/own for labels=DIR)
    split: str = "val"
    dataset: TestDatasetOptions = field(default_factory=TestDatasetOptions)
    labels: str | None = None  # a folder of your own label maps, instead of the data set's
    instances: str | None = None
    photos: str | None = None
    images: int | None = None  # how many to make; null: all
    train_images: int = 1000  # training photos that set the scale of the numbers
    batch: int = 8
    seed: int = 0
    gallery: int = 200  # pictures on the page; all are written
    hardware: HardwareOptions = field(default_factory=HardwareOptions)
