"""Options of the scripts that work on a data set, or on many runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

SPLITS = ["train", "val", "test"]


@dataclass
class ShardsOptions:
    """`python scripts/make_shards.py`."""

    dataset: Any = MISSING
    out: str = MISSING
    splits: list[str] = field(default_factory=lambda: list(SPLITS))
    records: int = 1000  # in a shard
    quality: int = 95  # of photos, as JPEG
    num_workers: int | None = None  # processes; null: one a core


@dataclass
class CheckOptions:
    """`python scripts/check_dataset.py`."""

    dataset: Any = MISSING
    out: str = "results/check"  # where the contact sheet goes
    splits: list[str] = field(default_factory=lambda: list(SPLITS))
    pictures: int = 24  # of each split, on the contact sheet
    num_workers: int | None = None  # processes; null: one a core


@dataclass
class CompareNormsOptions:
    """`python scripts/compare_norms.py`.

    `rows`: the overrides of train.py for each row of the table, beside experiment=compare_STUDY;
    `"rows.wide=['norm=spade','norm.hidden=128']"` adds one.
    """

    study: str = "scenes"  # configs/experiment/compare_STUDY.yaml: what all rows share
    rows: dict[str, list[str]] = field(default_factory=dict)
    only: list[str] | None = None  # of the rows; null: all
    seeds: list[int] = field(default_factory=lambda: [0, 1])
    overrides: list[str] = field(default_factory=list)  # of train.py, for all rows
    name: str = "compare_${study}"  # of what the study leaves: checkpoints/NAME-ROW-SEED, OUT/NAME
    root: str | None = None  # of the data set, where it has one
    jobs: int = 1  # trainings and evaluations at a time,
    threads: int = 1  # each with so many threads
    images: int | None = None  # how many of the val split are measured; null: all
    train_images: int = 1000  # training photos that set the scale of the numbers
    segmenter_images: int = 6000  # to train the segmenter of mIoU with, where the study has none; 0: no mIoU
    segmenter_path: str | None = None  # of another to take in place of the study's own
    speed_images: int = 160  # of a further run a row, alone on the machine, that measures speed; 0: none
    sheet_rows: int = 8  # label maps on the sheet of pictures
    sheet_photos: bool = True  # the real photos beside them; false where they may not be shown
    out: str = "results"
    published: str | None = None  # table.csv of the same study, made elsewhere, to compare with
