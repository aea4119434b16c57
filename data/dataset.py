"""The data set that networks train on: a source's records, transformed reproducibly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from data.batch import Sample, Unreadable
from data.sampler import Position
from data.sources.source import Source
from data.transforms import JointTransform

MAX_FRACTION = 0.01
"""Of the records may be bad; where more are, something is wrong that skipping them would hide."""

MAX_TRIES = 20
"""Records that are tried in place of one; that many bad ones in a row are no accident."""


class PairedDataset:
    """Records of `source` under `transform`.

    Random windows and flips are a function of (seed, epoch, index) alone: neither the number of workers
    nor that of processes nor what was read before alters a sample.

    `on_error`: what happens at a record that cannot be read: "raise": ValueError says what is wrong with it;
    "skip": another record takes its place, drawn from (seed, epoch, index) as well, so that a resumed run
    sees the same.
    """

    def __init__(
        self, source: Source, transform: JointTransform, seed: int = 0, on_error: str = "raise"
    ) -> None:
        self.source = source
        self.transform = transform
        self.seed = seed
        self.on_error = on_error

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, position: Position) -> Sample:
        random = np.random.default_rng((self.seed, position.epoch, position.index))
        index = position.index
        replaced: list[Unreadable] = []
        while True:
            try:
                return replace(self.transform(self.source.read(index), random), replaced=tuple(replaced))
            except ValueError as cause:
                if self.on_error == "raise" or len(replaced) == MAX_TRIES:
                    raise
                replaced.append(Unreadable(index, str(cause)))
            index = int(random.integers(len(self)))


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
