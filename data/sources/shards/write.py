"""Writes a split of any data set as shards: the same bytes in one go or in several."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from data.atomic_write import write_atomically, write_text_atomically
from data.batch import Unreadable
from data.dataset import BadRecords
from data.parallel import in_processes
from data.sources.shards.index import FILE, ShardIndex
from data.sources.shards.records import files_of, records_in, write_archive
from data.sources.source import Source


@dataclass(frozen=True)
class ShardPlan:
    """`records` a shard, photos as JPEG of `quality`; `shuffle`: a shard is a mixture of the whole split.

    `made`: what the shards are made from, kept in the index: shards of another origin are never continued.
    """

    records: int
    quality: int
    shuffle: bool
    made: dict[str, Any]

    def shards_of(self, length: int) -> dict[str, np.ndarray]:
        """Names of the shards, and which of `length` records each is to hold."""
        order = np.random.default_rng(0).permutation(length) if self.shuffle else np.arange(length)
        parts = np.split(order, range(self.records, length, self.records))
        return {f"{number:06d}.tar": part for number, part in enumerate(parts)}


def write_shards(
    source: Source,
    folder: Path,
    plan: ShardPlan,
    workers: int | None = None,
    on_error: str = "raise",
    advance: Callable[[int], object] = lambda records: None,
    warn: Callable[[str], None] = print,
) -> ShardIndex:
    """Writes `source` as shards into `folder`, with their index; shards that are there already are kept.

    A shard appears under its name when it is whole. `workers`: processes that read (None: one a core, 0: this
    one); `advance` is called with the number of records done since. Raises ValueError where `folder` holds
    shards of another plan, or a record cannot be read (with on_error="skip", where more than 1 % cannot).
    """
    shards = plan.shards_of(len(source))
    made = {**plan.made, "records": plan.records, "quality": plan.quality, "of": len(source)}
    index = ShardIndex(source.label_set, tuple(source.styles), source.has_instances, None, made)
    _begin(folder, index)
    missing = {name: part for name, part in shards.items() if not (folder / name).is_file()}
    advance(sum(len(part) for name, part in shards.items() if name not in missing))
    bad_records = BadRecords(len(source), warn)
    numbers = map(int, chain.from_iterable(missing.values()))
    encoded = in_processes(partial(_encode, source, plan.quality), numbers, workers)

    def readable(part: np.ndarray) -> Iterator[tuple[str, dict[str, bytes]]]:
        for number in part:
            files = next(encoded)
            advance(1)
            if not isinstance(files, Unreadable):
                yield f"{number:09d}", files
            elif on_error == "raise":
                raise ValueError(files.message)
            else:
                bad_records.add(files)

    for name, part in missing.items():
        write_atomically(folder / name, partial(write_archive, records=readable(part)))
    counts = {name: len(records_in(folder / name)) for name in shards}
    index = replace(index, shards={name: count for name, count in counts.items() if count})
    write_text_atomically(folder / FILE, index.to_json())
    return index


def _encode(source: Source, quality: int, index: int) -> dict[str, bytes] | Unreadable:
    try:
        return files_of(source.read(index), quality)
    except ValueError as error:
        return Unreadable(index, str(error))


def _begin(folder: Path, index: ShardIndex) -> None:
    """Writes into the folder what is being made there; ValueError where that is something else."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / FILE
    if not file.is_file():
        if any(folder.glob("*.tar")):
            raise ValueError(f"{folder} holds archives without an {FILE}; choose another folder")
        write_text_atomically(file, index.to_json())
    there = ShardIndex.from_json(file.read_text(encoding="utf-8"), str(file))
    if replace(there, shards=None) != index:
        different = [name for name, value in index.made.items() if there.made.get(name) != value]
        raise ValueError(
            f"{folder} holds shards that were made otherwise ({', '.join(different) or 'other classes'}); "
            "choose another folder, or remove it"
        )
