"""A row's own process: it holds the networks and computes when it is told to.

So rows are measured in turn, each in the same weather, and each has a peak of memory of its own.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import torch
from torch import Tensor

from scripts.benchmarking.cases import Case, build_work
from scripts.benchmarking.label_maps import read_label_maps


@dataclass(frozen=True)
class MapsAsked:
    """Arguments of `read_label_maps`."""

    folder: Path | None
    size: tuple[int, int]
    batch: int
    batches: int
    classes: int | None


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
        self._connection.send(place)
        seconds = self._answer()
        assert isinstance(seconds, float)
        return seconds

    def finish(self) -> tuple[Tensor, float]:
        """What the first batch was answered, and the peak of memory in MB beyond the libraries' own."""
        self._connection.send(None)
        answer = self._answer()
        assert isinstance(answer, tuple)
        self._process.join()
        return torch.from_numpy(answer[0]), answer[1]

    def _answer(self) -> object:
        try:
            return self._connection.recv()
        except EOFError:
            self._process.join()
            raise ValueError(
                f"the process of {self.case} ended with status {self._process.exitcode}; "
                "was there enough memory? Fewer --maps, a smaller --size or --width take less"
            ) from None


def _serve(case: Case, maps: MapsAsked, connection: Connection) -> None:
    libraries = _peak_megabytes()
    work = build_work(case, read_label_maps(maps.folder, maps.size, maps.batch, maps.batches, maps.classes))
    work.run(0)  # warm, and with the weights that every form has
    result = work.result().numpy()
    connection.send(True)
    while (place := connection.recv()) is not None:
        connection.send(_timed(lambda place=place: work.run(place)))  # type: ignore[misc]
    connection.send((result, _peak_megabytes() - libraries))


def _timed(act: Callable[[], None]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
