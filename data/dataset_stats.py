"""What is in a data set: every record read once, by processes, and summed up in little memory."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from data.parallel import in_processes
from data.sources.image_io import decoded_files
from data.sources.source import IdsOutOfRange, Record, SizesDiffer, Source, UnreadablePicture

CHUNK = 32
"""Records that a process reads before it reports."""

EXAMPLES = 3
"""Of each fault, those that are told in full."""

KINDS = ((UnreadablePicture, "unreadable"), (IdsOutOfRange, "out_of_range"), (SizesDiffer, "sizes"))
OTHER = "other"


@dataclass
class Fault:
    """Records that fail for one reason: how many, and what the first ones say."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, other: Fault) -> None:
        """Counts those of another part, which come later."""
        self.count += other.count
        self.examples = (self.examples + other.examples)[:EXAMPLES]


@dataclass
class Survey:
    """What the records of a split hold, or those of a part of it.

    `pixels`, `records_with`: of each class, how many pixels and how many records, (K,); `sizes`: (width,
    height) of label maps; `modes`: (kind, mode) of files as stored; `orientations`: of photos that are not
    stored upright; `indices`, `hashes`: of the records that can be read, what their photos hash to;
    `faults`: by kind; `outside`: ids that stand for no class, and in how many files.
    """

    pixels: np.ndarray
    records_with: np.ndarray
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    modes: Counter[tuple[str, str]] = field(default_factory=Counter)
    orientations: Counter[int] = field(default_factory=Counter)
    indices: list[np.ndarray] = field(default_factory=list)
    hashes: list[np.ndarray] = field(default_factory=list)
    faults: dict[str, Fault] = field(default_factory=dict)
    outside: Counter[int] = field(default_factory=Counter)
    with_photo: int = 0

    @classmethod
    def of_nothing(cls, classes: int) -> Survey:
        """Where summing starts."""
        return cls(np.zeros(classes, dtype=np.int64), np.zeros(classes, dtype=np.int64))

    @property
    def readable(self) -> int:
        """Records that can be read."""
        return sum(map(len, self.indices))

    def add(self, other: Survey) -> None:
        """Sums another part up, whose records come later."""
        self.pixels += other.pixels
        self.records_with += other.records_with
        self.with_photo += other.with_photo
        for mine, others in (
            (self.sizes, other.sizes),
            (self.modes, other.modes),
            (self.orientations, other.orientations),
            (self.outside, other.outside),
        ):
            mine.update(others)  # type: ignore[arg-type]
        self.indices += other.indices
        self.hashes += other.hashes
        for kind, fault in other.faults.items():
            self.faults.setdefault(kind, Fault()).add(fault)


@dataclass(frozen=True)
class Surveyor:
    """Surveys some records of a source; computed by processes."""

    source: Source

    def __call__(self, indices: range) -> Survey:
        survey = Survey.of_nothing(len(self.source.label_set))
        read: list[tuple[int, int]] = []
        for index in indices:
            with decoded_files() as files:
                try:
                    record = self.source.read(index)
                except ValueError as error:
                    _count_fault(survey, error)
                else:
                    _count(survey, record)
                    read.append((index, _hash(record)))
            for file in files:
                survey.modes[file.kind, file.mode] += 1
                if file.kind == "photo" and file.orientation != 1:
                    survey.orientations[file.orientation] += 1
        survey.indices.append(np.array([index for index, _ in read], dtype=np.int64))
        survey.hashes.append(np.array([value for _, value in read], dtype=np.uint64))
        return survey


def survey_of(
    source: Source, workers: int | None = None, advance: Callable[[int], object] = lambda records: None
) -> Survey:
    """Reads every record of `source` by `workers` processes (None: one a core, 0: this one).

    `advance` is told how many more records are done.
    """
    total = Survey.of_nothing(len(source.label_set))
    chunks = [range(first, min(first + CHUNK, len(source))) for first in range(0, len(source), CHUNK)]
    for chunk, part in zip(chunks, in_processes(Surveyor(source), chunks, workers), strict=True):
        total.add(part)
        advance(len(chunk))
    return total


def duplicates(surveys: Sequence[Survey]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Pairs of records with one photo: ((survey, index), (survey, index)), the survey by its place."""
    splits = np.concatenate(
        [np.full(survey.readable, place) for place, survey in enumerate(surveys)] or [np.empty(0, int)]
    )
    indices = np.concatenate([part for survey in surveys for part in survey.indices] or [np.empty(0, int)])
    hashes = np.concatenate([part for survey in surveys for part in survey.hashes] or [np.empty(0, int)])
    order = np.lexsort((indices, splits, hashes))
    same = np.flatnonzero(hashes[order[1:]] == hashes[order[:-1]])
    return [
        ((int(splits[one]), int(indices[one])), (int(splits[other]), int(indices[other])))
        for one, other in zip(order[same], order[same + 1])
    ]


def _count(survey: Survey, record: Record) -> None:
    pixels = np.bincount(record.labels.ravel(), minlength=len(survey.pixels))
    survey.pixels += pixels
    survey.records_with += pixels > 0
    height, width = record.labels.shape
    survey.sizes[width, height] += 1
    survey.with_photo += record.photo is not None


def _count_fault(survey: Survey, error: ValueError) -> None:
    kind = next((name for error_type, name in KINDS if isinstance(error, error_type)), OTHER)
    survey.faults.setdefault(kind, Fault()).add(Fault(1, [str(error)]))
    if isinstance(error, IdsOutOfRange):
        survey.outside.update(error.ids)


def _hash(record: Record) -> int:
    """64 bits of what the photo shows, whatever its file; of the label map where there is no photo."""
    shown = record.labels.tobytes() if record.photo is None else record.photo.tobytes()
    return int.from_bytes(hashlib.blake2b(shown, digest_size=8).digest(), "little")
