"""A row's own process: it holds the networks and computes when it is told to.

So rows are measured in turn, each in the same weather, and each has a peak of memory of its own.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import re
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from scripts.benchmarking.arithmetic import operations
from scripts.benchmarking.cases import Case, build_work
from scripts.benchmarking.label_maps import read_label_maps

WARM_UP = 2
"""Times that every batch is computed before the clock runs: in its first steps the allocator still asks the
kernel for pages, 20,000 in the second step of width 32 and 8,000 in the third, and later for hardly any."""


@dataclass(frozen=True)
class MapsAsked:
    """Arguments of `read_label_maps`."""

    folder: Path | None
    size: tuple[int, int]
    batch: int
    batches: int
    classes: int | None


@dataclass(frozen=True)
class Finished:
    """What the first batch was answered, and its operations; the peak of memory beyond the libraries' own."""

    result: np.ndarray
    peak_mb: float
    flops: int


class Worker:
    """The process of a row."""

    def __init__(self, case: Case, maps: MapsAsked) -> None:
        self.case = case
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(case, maps, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._answer()  # that it is ready

    def seconds(self, place: int) -> float:
        """That the batch at `place` took."""
        seconds = self._asked(place)
        assert isinstance(seconds, float)
        return seconds

    def finish(self) -> Finished:
        """Ends the process."""
        answer = self._asked(None)
        assert isinstance(answer, Finished)
        self._process.join()
        return answer

    def _asked(self, place: int | None) -> object:
        with contextlib.suppress(BrokenPipeError):  # of a process that has ended, which _answer says
            self._connection.send(place)
        return self._answer()

    def _answer(self) -> object:
        try:
            answer = self._connection.recv()
        except (EOFError, ConnectionResetError):
            self._process.join()
            raise ValueError(
                f"the process of {self.case} ended with status {self._process.exitcode}; "
                "was there enough memory? Fewer --maps, a smaller --size or --width take less"
            ) from None
        if isinstance(answer, Exception):
            raise ValueError(f"{self.case}: {answer}") from answer
        return answer


def _serve(case: Case, maps: MapsAsked, connection: Connection) -> None:
    libraries = _peak_megabytes()
    try:
        read = read_label_maps(maps.folder, maps.size, maps.batch, maps.batches, maps.classes)
        work = build_work(case, read)
        flops = operations(lambda: work.run(0))  # warm, and with the weights that every form has
        result = work.result().numpy()
        for _ in range(WARM_UP):
            for place in range(len(read.batches)):
                work.run(place)
    except (ValueError, RuntimeError, MemoryError) as error:
        connection.send(error)
        return
    connection.send(True)
    while (place := connection.recv()) is not None:
        connection.send(_timed(lambda place=place: work.run(place)))  # type: ignore[misc]
    connection.send(Finished(result, _peak_megabytes() - libraries, flops))


def _timed(act: Callable[[], None]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _peak_megabytes() -> float:
    """Of this process alone; `getrusage` may answer what its parent had when it started this one."""
    status = Path("/proc/self/status")
    said = re.search(r"VmHWM:\s*(\d+)", status.read_text()) if status.exists() else None
    if said is not None:
        return int(said[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
