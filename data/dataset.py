"""The data set that networks train on: a source's records, transformed reproducibly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch.utils.data import Dataset

from data.batch import Sample
from data.sampler import Position
from data.sources.source import Source
from data.transforms import JointTransform

ON_ERROR = ("raise", "skip")
MAX_FRACTION = 0.01
"""Of the records may be bad; where more are, something is wrong that skipping them would hide."""

MAX_TRIES = 20
"""Records that are tried in place of one; that many bad ones in a row are no accident."""


@dataclass(frozen=True)
class Unreadable:
    """Takes the place of a record that cannot be read, so that the main process can report it in one line.

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

    `on_error`: what is returned for a record that cannot be read: "raise": what is wrong with it; "skip":
    another record in its place, drawn from (seed, epoch, index) as well, so that a resumed run sees the same.
    """

    def __init__(
        self, source: Source, transform: JointTransform, seed: int = 0, on_error: str = "raise"
    ) -> None:
        if on_error not in ON_ERROR:
            raise ValueError(f"on_error={on_error}: choose one of {', '.join(ON_ERROR)}")
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


class BadRecords:
    """Those that this process has met, each counted once.

    `length`: records of the data set; `warn` is called with one line about each of them.
    """

    def __init__(self, length: int, warn: Callable[[str], None]) -> None:
        self._indices: set[int] = set()
        self._length = length
        self._warn = warn

    def add(self, record: Unreadable) -> None:
        """Counts a record; ValueError where more than `MAX_FRACTION` of all are bad."""
        if record.index in self._indices:
            return
        self._indices.add(record.index)
        count = len(self._indices)
        if count > MAX_FRACTION * self._length:
            raise ValueError(
                f"{count} of {self._length} records cannot be read, more than the {MAX_FRACTION:.0%} that "
                f"on_error=skip goes on without; the last: {record.message}"
            )
        self._warn(f"skipped, number {count} of at most {int(MAX_FRACTION * self._length)}: {record.message}")
