"""What is in a data set: every record read once, by several processes, and counted in little memory."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

import numpy as np

from data.parallel import in_chunks
from data.sources.image_io import Decoded, decoded_files
from data.sources.source import IdsOutOfRange, Record, SizeMismatch, Source, UnreadableImage

KINDS = ((UnreadableImage, "unreadable"), (IdsOutOfRange, "out_of_range"), (SizeMismatch, "sizes"))
OTHER = "other"


@dataclass
class DatasetStats:
    """What the records of a split hold, or those of a part of it.

    `pixels`, `records_with`: of each class, how many pixels and how many records, (K,); `sizes`: (width,
    height) of label maps; `files`: how images are stored; `outside`: ids that stand for no class, and in how
    many files; `photos`: of each record that can be read, what its photo hashes to, and the record's name;
    `faults`: messages about the others, by kind.
    """

    pixels: np.ndarray
    records_with: np.ndarray
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    files: Counter[Decoded] = field(default_factory=Counter)
    outside: Counter[int] = field(default_factory=Counter)
    photos: list[tuple[int, str]] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=dict)
    with_photo: int = 0

    @classmethod
    def of_nothing(cls, classes: int) -> DatasetStats:
        """Where counting starts."""
        return cls(np.zeros(classes, dtype=np.int64), np.zeros(classes, dtype=np.int64))

    @property
    def readable(self) -> int:
        """Records that can be read."""
        return len(self.photos)

    def add(self, other: DatasetStats) -> None:
        """Adds another part, whose records come later."""
        self.pixels += other.pixels
        self.records_with += other.records_with
        self.with_photo += other.with_photo
        self.sizes.update(other.sizes)
        self.files.update(other.files)
        self.outside.update(other.outside)
        self.photos += other.photos
        for kind, messages in other.faults.items():
            self.faults.setdefault(kind, []).extend(messages)

    def add_record(self, record: Record) -> None:
        """Counts a record that can be read."""
        pixels = np.bincount(record.labels.ravel(), minlength=len(self.pixels))
        self.pixels += pixels
        self.records_with += pixels > 0
        self.sizes[record.labels.shape[1], record.labels.shape[0]] += 1
        self.with_photo += record.photo is not None
        # 64 bits of what is shown, whatever its file: the photo or, where there is none, the label map.
        shown = record.labels.tobytes() if record.photo is None else record.photo.tobytes()
        hashed = hashlib.blake2b(shown, digest_size=8).digest()
        self.photos.append((int.from_bytes(hashed, "little"), record.name))

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
                stats.add_record(source.read(index))
            except ValueError as error:
                stats.add_fault(error)
        stats.files.update(files)
    return stats


def duplicates(splits: Mapping[str, DatasetStats]) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """Pairs of records with one photo: ((split, name), (split, name))."""
    found = sorted((photo, split, name) for split, stats in splits.items() for photo, name in stats.photos)
    return [(one[1:], other[1:]) for one, other in pairwise(found) if one[0] == other[0]]
