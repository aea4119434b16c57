"""The file names of a data set in one block of memory, which worker processes share."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

import numpy as np
import torch


class PackedStrings:
    """Names by index, kept as one run of bytes.

    A list of 100,000 strings is 100,000 objects, and a process that looks at one writes its reference count:
    forked workers would come to own a copy of every page. These bytes are only ever read; workers that are
    not forked get them as a tensor, through shared memory.
    """

    def __init__(self, names: Iterable[str]) -> None:
        encoded = [os.fsencode(name) for name in names]
        self._bytes = torch.from_numpy(np.frombuffer(b"".join(encoded), dtype=np.uint8).copy())
        self._ends = torch.from_numpy(np.cumsum([0, *map(len, encoded)]))  # the first: where name 0 begins

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < len(self):
            raise IndexError(f"name {index} of {len(self)}")
        start, end = int(self._ends[index]), int(self._ends[index + 1])
        return os.fsdecode(self._bytes[start:end].numpy().tobytes())

    def __iter__(self) -> Iterator[str]:
        return (self[index] for index in range(len(self)))
