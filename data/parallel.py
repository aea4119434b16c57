"""A function of many items, computed by several processes: in order, and with few items under way."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")
Result = TypeVar("Result")

CHUNK = 32
"""Items that a process computes before it reports, where one alone is little work."""

AHEAD = 4
"""Items under way for each process: enough that none waits; their number bounds the memory."""


def ignore_interrupts(worker: int = 0) -> None:
    """For workers: Ctrl-C reaches all processes of a terminal, and they live on while the main one saves."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def in_processes(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None
) -> Iterator[Result]:
    """`map(function, items)`, computed by `workers` processes (None: one a core; 0: in this process).

    Results come in the order of the items, one at a time; items are taken as they are needed. What `function`
    raises is raised here. ValueError where a process was killed, which is nearly always a lack of memory.
    """
    workers = len(os.sched_getaffinity(0)) if workers is None else workers
    if workers == 0:
        yield from map(function, items)
        return
    # Forked, processes share what the function carries; the executor's own threads start after the forks.
    context = multiprocessing.get_context("fork")
    executor = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(function, os.getpid()))
    waiting: deque[Future[Result]] = deque()
    remaining = iter(items)
    try:
        waiting.extend(executor.submit(_compute, item) for item in islice(remaining, AHEAD * workers))
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(executor.submit(_compute, item) for item in islice(remaining, 1))
    except BrokenProcessPool as error:
        raise ValueError(
            f"one of {workers} processes was killed, probably for lack of memory; use fewer: num_workers=1"
        ) from error
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


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


_function: Callable[[Any], Any] | None = None


def _begin(function: Callable[[Any], Any], parent: int) -> None:
    """In a new process: the function comes once, not with every item."""
    global _function
    ignore_interrupts()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _function = function


def _end_with(parent: int) -> None:
    """A process whose main process was killed would wait for items for ever."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _compute(item: Any) -> Any:
    assert _function is not None, "a process begins with its function"
    return _function(item)
