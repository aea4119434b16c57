"""The data set the networks see: a source's records, transformed reproducibly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch.utils.data import Dataset

from data.bad_records import check_on_error
from data.batch import Sample
from data.sampler import Position
from data.sources.source import Source
from data.transforms import JointTransform

TRIES = 20
"""Records that are tried in place of one; that many bad ones in a row are no accident."""


@dataclass(frozen=True)
class Unreadable:
    """Takes the place of a sample that cannot be read, so that the main process can say why in one line.

    An exception would leave a worker wrapped in that worker's traceback.
    """

    index: int
    message: str


@dataclass(frozen=True)
class Replacement:
    """A sample in place of records that could not be read."""

    sample: Sample
    failed: tuple[Unreadable, ...]


class PairedDataset(Dataset[Sample | Unreadable | Replacement]):
    """Records of `source` under `transform`.

    Random windows and flips are a function of (seed, epoch, index) alone: neither the number of workers
    nor that of processes nor what was read before alters a sample.

    `on_error`: what becomes of a record that cannot be read: "raise" gives what is wrong with it; "skip"
    gives another record in its place, drawn from (seed, epoch, index) as well, so that a resumed run sees the
    same.
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
        if isinstance(read, Sample) or self.on_error == "raise":
            return read
        failed = [read]
        while len(failed) <= TRIES:
            read = self._read(int(random.integers(len(self))), random)
            if isinstance(read, Sample):
                return Replacement(read, tuple(failed))
            failed.append(read)
        return read

    def _read(self, index: int, random: np.random.Generator) -> Sample | Unreadable:
        try:
            return self.transform(self.source.read(index), random)
        except ValueError as cause:
            return Unreadable(index, str(cause))
