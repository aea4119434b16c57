"""What is in a data set: every record read once, by several processes, and counted in little memory."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from data.parallel import in_chunks
from data.sources.image_io import decoded_files
from data.sources.source import IdsOutOfRange, Record, SizeMismatch, Source, UnreadableImage

KINDS = ((UnreadableImage, "unreadable"), (IdsOutOfRange, "out_of_range"), (SizeMismatch, "sizes"))
OTHER = "other"


@dataclass
class DatasetStats:
    """What the records of a split hold, or those of a part of it.

    `pixels`, `records_with`: of each class, how many pixels and how many records, (K,); `sizes`: (width,
    height) of label maps; `modes`: (kind, mode) of files as stored; `orientations`: of photos that are not
    stored upright; `indices`, `hashes`: of the records that can be read, what their photos hash to; `faults`:
    messages about the others, by kind; `outside`: ids that stand for no class, and in how many files.
    """

    pixels: np.ndarray
    records_with: np.ndarray
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    modes: Counter[tuple[str, str]] = field(default_factory=Counter)
    orientations: Counter[int] = field(default_factory=Counter)
    outside: Counter[int] = field(default_factory=Counter)
    indices: list[int] = field(default_factory=list)
    hashes: list[int] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=dict)
    with_photo: int = 0

    @classmethod
    def of_nothing(cls, classes: int) -> DatasetStats:
        """Where counting starts."""
        return cls(np.zeros(classes, dtype=np.int64), np.zeros(classes, dtype=np.int64))

    @property
    def readable(self) -> int:
        """Records that can be read."""
        return len(self.indices)

    def add(self, other: DatasetStats) -> None:
        """Adds another part, whose records come later."""
        self.pixels += other.pixels
        self.records_with += other.records_with
        self.with_photo += other.with_photo
        for counter in ("sizes", "modes", "orientations", "outside"):
            getattr(self, counter).update(getattr(other, counter))
        self.indices += other.indices
        self.hashes += other.hashes
        for kind, messages in other.faults.items():
            self.faults.setdefault(kind, []).extend(messages)

    def add_record(self, index: int, record: Record) -> None:
        """Counts a record that can be read."""
        pixels = np.bincount(record.labels.ravel(), minlength=len(self.pixels))
        self.pixels += pixels
        self.records_with += pixels > 0
        self.sizes[record.labels.shape[1], record.labels.shape[0]] += 1
        self.with_photo += record.photo is not None
        self.indices.append(index)
        self.hashes.append(_hash(record))

    def add_fault(self, error: ValueError) -> None:
        """Counts a record that cannot be read."""
        kind = next((name for error_type, name in KINDS if isinstance(error, error_type)), OTHER)
        self.faults.setdefault(kind, []).append(str(error))
        if isinstance(error, IdsOutOfRange):
            self.outside.update(error.ids)


def dataset_stats(source: Source, name: str, workers: int | None = None) -> DatasetStats:
    """Reads every record of `source` by `workers` processes (None: one a core, 0: this one).

    A progress bar, called `name`, counts the records.
    """
    total = DatasetStats.of_nothing(len(source.label_set))
    for _, part in in_chunks(partial(_stats_of, source), range(len(source)), name, "record", workers):
        total.add(part)
    return total


def _stats_of(source: Source, indices: Sequence[int]) -> DatasetStats:
    stats = DatasetStats.of_nothing(len(source.label_set))
    for index in indices:
        with decoded_files() as files:
            try:
                stats.add_record(index, source.read(index))
            except ValueError as error:
                stats.add_fault(error)
        for file in files:
            stats.modes[file.kind, file.mode] += 1
            if file.kind == "photo" and file.orientation != 1:
                stats.orientations[file.orientation] += 1
    return stats


def duplicates(splits: Sequence[DatasetStats]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Pairs of records with one photo: ((split, index), (split, index)), the split by its place."""
    places = np.repeat(np.arange(len(splits)), [stats.readable for stats in splits])
    indices = np.array([index for stats in splits for index in stats.indices], dtype=np.int64)
    hashes = np.array([value for stats in splits for value in stats.hashes], dtype=np.uint64)
    order = np.lexsort((indices, places, hashes))
    records = [(int(places[place]), int(indices[place])) for place in order]
    same = np.flatnonzero(hashes[order[1:]] == hashes[order[:-1]])
    return [(records[place], records[place + 1]) for place in same]


def _hash(record: Record) -> int:
    """64 bits of what the photo shows, whatever its file; of the label map where there is no photo."""
    shown = record.labels.tobytes() if record.photo is None else record.photo.tobytes()
    return int.from_bytes(hashlib.blake2b(shown, digest_size=8).digest(), "little")
