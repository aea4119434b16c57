"""Writes a split of any data set as shards: the same bytes in one go or in several."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from webdataset import TarWriter

from data.bad_records import BadRecords
from data.parallel import in_processes
from data.shards.archive import records_in
from data.shards.index import FILE, Shard, ShardIndex
from data.shards.record_files import files_of
from data.sources.source import Source

Say = Callable[[str], None]


@dataclass(frozen=True)
class ShardPlan:
    """`records` a shard, photos as JPEG of `quality`; `shuffle`: a shard is a mixture of the whole split.

    `made`: what the shards are made from, kept in the index: shards of another origin are never gone on with.
    """

    records: int
    quality: int
    shuffle: bool
    made: dict[str, Any]

    def __post_init__(self) -> None:
        if self.records < 1:
            raise ValueError(f"records={self.records}: give 1 record a shard or more")
        if not 1 <= self.quality <= 100:
            raise ValueError(f"quality={self.quality}: give the quality of JPEG files, 1 to 100")

    def shards_of(self, length: int) -> dict[str, np.ndarray]:
        """Names of the shards, and which of `length` records each is to hold."""
        order = np.random.default_rng(0).permutation(length) if self.shuffle else np.arange(length)
        parts = np.split(order, range(self.records, length, self.records))
        return {f"{number:06d}.tar": part for number, part in enumerate(parts)}


@dataclass(frozen=True)
class Unreadable:
    """In place of a record that cannot be read."""

    index: int
    message: str


@dataclass(frozen=True)
class Encoder:
    """Record number -> its files; computed by processes."""

    source: Source
    quality: int

    def __call__(self, index: int) -> dict[str, bytes] | Unreadable:
        try:
            return files_of(self.source.read(index), self.quality)
        except ValueError as error:
            return Unreadable(index, str(error))


def write_shards(
    source: Source,
    folder: Path,
    plan: ShardPlan,
    workers: int | None = None,
    on_error: str = "raise",
    advance: Callable[[int], object] = lambda records: None,
    say: Say = print,
) -> ShardIndex:
    """Writes `source` as shards into `folder`, with their index; what is there of them already is kept.

    A shard appears under its name when it is whole. `workers`: processes that read (None: one a core, 0:
    this one); `advance` is told how many records are done. Raises ValueError where `folder` holds shards of
    another plan, or a record cannot be read (with on_error="skip", where more than 1 % cannot).
    """
    shards = plan.shards_of(len(source))
    made = {**plan.made, "records": plan.records, "quality": plan.quality, "of": len(source)}
    index = ShardIndex(source.label_set, tuple(source.styles), source.has_instances, None, made)
    _begin(folder, index)
    missing = {name: part for name, part in shards.items() if not (folder / name).is_file()}
    advance(sum(len(part) for name, part in shards.items() if name not in missing))
    failures = BadRecords(len(source), say)
    encoded = in_processes(
        Encoder(source, plan.quality), map(int, chain.from_iterable(missing.values())), workers
    )
    for name, part in missing.items():
        _write_whole(folder / name, _readable(encoded, part, failures, on_error, advance))
    counts = {name: len(records_in(folder / name)) for name in shards}
    complete = tuple(Shard(name, count) for name, count in counts.items() if count)
    index = replace(index, shards=complete)
    _write_index(folder, index)
    return index


def _begin(folder: Path, index: ShardIndex) -> None:
    """Says in the folder what is being made there; ValueError where that is something else."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / FILE
    if not file.is_file():
        if any(folder.glob("*.tar")):
            raise ValueError(f"{folder} holds archives without an {FILE}; choose another folder")
        _write_index(folder, index)
    there = ShardIndex.from_json(file.read_text(encoding="utf-8"), str(file))
    if replace(there, shards=None) != index:
        different = [name for name, value in index.made.items() if there.made.get(name) != value]
        raise ValueError(
            f"{folder} holds shards that were made otherwise ({', '.join(different) or 'other classes'}); "
            "choose another folder, or remove it"
        )


def _readable(
    encoded: Iterator[dict[str, bytes] | Unreadable],
    part: np.ndarray,
    failures: BadRecords,
    on_error: str,
    advance: Callable[[int], object],
) -> Iterator[tuple[int, dict[str, bytes]]]:
    """The shard's records that can be read, with their numbers."""
    for number in part:
        files = next(encoded)
        advance(1)
        if not isinstance(files, Unreadable):
            yield int(number), files
        elif on_error == "raise":
            raise ValueError(files.message)
        else:
            failures.add(files.index, files.message)


def _write_whole(file: Path, records: Iterator[tuple[int, dict[str, bytes]]]) -> None:
    partial = file.with_name(f".{file.name}.partial")
    try:
        with partial.open("wb") as stream:
            # Neither time nor person: the same records give the same bytes.
            with TarWriter(stream, user="", group="", mtime=0, encoder=False) as tar:
                for number, files in records:
                    tar.write({"__key__": f"{number:09d}", **files})
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(partial, file)
    finally:
        partial.unlink(missing_ok=True)


def _write_index(folder: Path, index: ShardIndex) -> None:
    partial = folder / f".{FILE}.partial"
    partial.write_text(index.to_json(), encoding="utf-8")
    os.replace(partial, folder / FILE)
