"""A function of many items, computed by several processes: in order, and with few items under way."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

Item = TypeVar("Item")
Result = TypeVar("Result")

CHUNK = 32
"""Items that a process computes before it reports, where one alone is little work."""

AHEAD = 4
"""Items under way for each process: enough that none waits; their number bounds the memory."""


def in_processes(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int | None = None,
    pin_memory: bool = False,
) -> Iterator[Result]:
    """`map(function, items)`, computed by `workers` processes (None: one a core; 0: in this process).

    Results come in the order of the items, one at a time; items are taken as they are needed. What `function`
    raises is raised here. ValueError where a process was killed, which is nearly always a lack of memory.
    `pin_memory`: tensors of the results come in page-locked memory. A worker runs torch on one thread.
    """
    workers = len(os.sched_getaffinity(0)) if workers is None else workers
    loader: DataLoader[Any] = DataLoader(
        _Computed(function),
        batch_size=None,
        sampler=items,
        num_workers=workers,
        prefetch_factor=AHEAD if workers else None,
        collate_fn=_as_it_is,
        pin_memory=pin_memory,
        worker_init_fn=_ignore_interrupts,
        generator=torch.Generator(),  # its own: the workers' seeds would be drawn from the global one
    )
    results = iter(loader)
    while True:
        try:
            result = next(results)
        except StopIteration:
            return
        except RuntimeError as error:
            raise ValueError(
                f"one of {workers} processes was killed, probably for lack of memory; "
                "use fewer: num_workers=1"
            ) from error
        if isinstance(result, _Raised):
            raise result.error
        yield result


def in_chunks(
    function: Callable[[Sequence[Item]], Result],
    items: Sequence[Item],
    name: str,
    unit: str,
    workers: int | None = None,
) -> Iterator[tuple[Sequence[Item], Result]]:
    """Chunks of `items` with what `function` makes of each, in order; a progress bar counts items."""
    chunks = [items[first : first + CHUNK] for first in range(0, len(items), CHUNK)]
    with tqdm(total=len(items), desc=name, unit=unit, dynamic_ncols=True, leave=False) as bar:
        for chunk, result in zip(chunks, in_processes(function, chunks, workers), strict=True):
            yield chunk, result
            bar.update(len(chunk))


@dataclass(frozen=True)
class _Raised:
    """What the function raised: as an exception it would come wrapped in its process's traceback."""

    error: Exception


class _Computed(Dataset[Any]):
    """What a function makes of each item."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def __getitem__(self, item: Any) -> Any:
        try:
            return self.function(item)
        except Exception as error:
            return _Raised(error)


def _as_it_is(result: Any) -> Any:
    return result


def _ignore_interrupts(worker: int) -> None:
    """Ctrl-C reaches all processes of a terminal, and workers live on while the main one saves."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
