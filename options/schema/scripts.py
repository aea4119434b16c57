"""Options of the scripts that work on a data set."""

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
    workers: int | None = None  # processes; null: one a core


@dataclass
class CheckOptions:
    """`python scripts/check_dataset.py`."""

    dataset: Any = MISSING
    out: str = "results/check"  # where the contact sheet goes
    splits: list[str] = field(default_factory=lambda: list(SPLITS))
    pictures: int = 24  # of each split, on the contact sheet
    workers: int | None = None  # processes; null: one a core
