"""The data set that networks train on: a source's records, transformed reproducibly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch.utils.data import Dataset

from data.bad_records import Unreadable, check_on_error
from data.batch import Sample
from data.sampler import Position
from data.sources.source import Source
from data.transforms import JointTransform

MAX_TRIES = 20
"""Records that are tried in place of one; that many bad ones in a row are no accident."""


@dataclass(frozen=True)
class Replacement:
    """A sample in place of records that could not be read."""

    sample: Sample
    failed: tuple[Unreadable, ...]


class PairedDataset(Dataset[Sample | Unreadable | Replacement]):
    """Records of `source` under `transform`.

    Random windows and flips are a function of (seed, epoch, index) alone: neither the number of workers
    nor that of processes nor what was read before alters a sample.

    `on_error`: what is returned for a record that cannot be read: "raise": what is wrong with it; "skip":
    another record in its place, drawn from (seed, epoch, index) as well, so that a resumed run sees the same.
    """

    def __init__(
        self, source: Source, transform: JointTransform, seed: int = 0, on_error: str = "raise"
    ) -> None:
        check_on_error(on_error)
        self.source = source
        self.transform = transform
        self.seed = seed
        self.on_error = on_error

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, position: Position) -> Sample | Unreadable | Replacement:
        random = np.random.default_rng((self.seed, position.epoch, position.index))
        read = self._read(position.index, random)
        failed: list[Unreadable] = []
        while isinstance(read, Unreadable) and self.on_error == "skip" and len(failed) < MAX_TRIES:
            failed.append(read)
            read = self._read(int(random.integers(len(self))), random)
        return Replacement(read, tuple(failed)) if isinstance(read, Sample) and failed else read

    def _read(self, index: int, random: np.random.Generator) -> Sample | Unreadable:
        try:
            return self.transform(self.source.read(index), random)
        except ValueError as cause:
            return Unreadable(index, str(cause))
