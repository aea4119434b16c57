"""`dataset=webdataset`: any data set as tar shards, on a disk or behind a URL, as the library arranges them.

A shard holds records of up to four files each: KEY.photo.jpg, KEY.labels.png (class ids), KEY.instances.png
where the data set has instances, and KEY.json (name and style). `index.json` beside the shards says what they
hold, so that a record is found by its number and training may stop and go on anywhere.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import numpy as np

from data.sources.label_format import LabelFormat, StoredIds
from data.sources.prepared_cache import default_cache
from data.sources.shards.index import FILE, ShardIndex
from data.sources.shards.records import TarMember, record_of, records_in
from data.sources.shards.storage import Storage, storage_of
from data.sources.source import LabelSet, Record, SplitAbsent

MAX_OPEN = 64
"""Shards whose lists of records a process keeps."""


class Shards:
    """A split as scripts/make_shards.py writes it: index.json and the shards that it names.

    A record is read by its number, so that an order decided elsewhere may stop and go on anywhere;
    `data.sampler.shard_order` is one that has few shards in use at a time.

    Raises ValueError where there is no index, or the shards are not complete.
    """

    def __init__(self, storage: Storage) -> None:
        try:
            text = storage.text(FILE)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise SplitAbsent(
                f"{storage}/{FILE}: {why}; shards are what scripts/make_shards.py wrote"
            ) from error
        index = ShardIndex.from_json(text, f"{storage}/{FILE}")
        if index.shards is None:
            raise ValueError(f"{storage}: its shards are not complete; run scripts/make_shards.py again")
        self.label_set = index.label_set
        self.has_instances = index.has_instances
        self.styles = index.styles
        self.shard_sizes = tuple(index.shards.values())
        self._storage = storage
        self._names = list(index.shards)
        self._ends = np.cumsum(self.shard_sizes)
        self._open: OrderedDict[int, list[dict[str, TarMember]]] = OrderedDict()

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def read(self, index: int) -> Record:
        """Reads one record; raises ValueError naming the shard and the file, and what is wrong with it."""
        shard = int(np.searchsorted(self._ends, index, side="right"))
        place = index - int(self._ends[shard]) + self.shard_sizes[shard]
        files = self._records(shard)[place]
        try:
            return record_of(files, self.label_set, len(self.styles))
        except ValueError:
            if next(iter(files.values())).archive.is_file():
                raise
            del self._open[shard]  # it had to make room in the cache
            return record_of(self._records(shard)[place], self.label_set, len(self.styles))

    def _records(self, shard: int) -> list[dict[str, TarMember]]:
        if shard not in self._open:
            archive = self._storage.path(self._names[shard])
            records = records_in(archive)
            if len(records) != self.shard_sizes[shard]:
                raise ValueError(
                    f"{archive}: {len(records)} records where {FILE} says {self.shard_sizes[shard]}; "
                    "make or fetch it again"
                )
            self._open[shard] = records
            if len(self._open) > MAX_OPEN:
                self._open.popitem(last=False)
        self._open.move_to_end(shard)
        return self._open[shard]


def open_shards(root: str, split: str, cache: str | None = None, cache_gigabytes: float = 50.0) -> Shards:
    """The shards ROOT/SPLIT, where `root` is a folder or a URL; those of a URL are kept in `cache`."""
    folder = Path(cache or default_cache()).expanduser() / "shards"
    return Shards(storage_of(root, split, folder, int(cache_gigabytes * 1e9)))


def label_format(label_set: LabelSet) -> LabelFormat:
    """Shards hold class ids."""
    return StoredIds.class_ids(label_set)
