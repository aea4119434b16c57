"""Rows measured in turn, each in a process of its own, and what comes of it.

So all rows share the machine's good and bad moments, and each has a peak of memory of its own.
"""

from __future__ import annotations

import re
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode, conv_flop_count

from scripts.benchmarking.cases import Case, LabelMapOptions, Work, build_work

WARM_UP = 2
"""Times that every batch is computed before the clock runs: in its first steps the allocator still asks the
kernel for pages, 20,000 in the second step of width 32 and 8,000 in the third, and later for hardly any."""


def measure(cases: list[Case], maps: LabelMapOptions, runs: int, matrix_flops: float) -> list[dict[str, Any]]:
    """A row for every case, computed on every batch of label maps, `runs` times, in turn.

    `matrix_flops`: operations a second of large products here. A row holds the fields of its case and

    - `batch`, `size`, `classes`: of the label maps;
    - `seconds` of a batch, the median over the runs of the mean over the batches; the `fastest` and the
      `slowest` mean; `images_per_second`;
    - `ratio`: how many times faster than the first row in the same run: median, `ratio_low`, `ratio_high`;
    - `peak_mb` of memory beyond the libraries'; `memory_ratio` to the first row's;
    - `gflops`: operations of the first batch, in billions; `matrix_fraction`: their rate over `matrix_flops`;
    - `difference` from the first row's result for the first batch: the largest of an image (absolute), or of
      a gradient (relative to the largest), which is none of rounding where discriminators differ.
    """
    workers = [Worker(case, maps) for case in cases]
    places = range(maps.batches)
    seconds = [[[worker.seconds(place) for worker in workers] for place in places] for _ in range(runs)]
    means = np.mean(seconds, axis=1).T  # (case, run)
    memory = [worker.finish() for worker in workers]
    reference, rows = workers[0].first, []
    largest = 1.0 if cases[0].work in ("generator", "editing") else np.abs(reference.result).max()
    for case, worker, own, peak in zip(cases, workers, means, memory):
        middle, ratios = np.median(own).item(), means[0] / own
        values = {
            "batch": maps.batch,
            "size": maps.size,
            "classes": maps.classes,
            "seconds": middle,
            "fastest": own.min().item(),
            "slowest": own.max().item(),
            "images_per_second": maps.batch / middle,
            "ratio": np.median(ratios).item(),
            "ratio_low": ratios.min().item(),
            "ratio_high": ratios.max().item(),
            "peak_mb": peak,
            "memory_ratio": peak / max(memory[0], 1),
            "gflops": worker.first.flops / 1e9,
            "matrix_fraction": worker.first.flops / middle / matrix_flops,
            "difference": float(np.abs(worker.first.result - reference.result).max() / largest),
        }
        rows.append(asdict(case) | values)
    return rows


class FirstBatch(NamedTuple):
    """An image or a gradient, and the floating-point operations that it took."""

    result: np.ndarray
    flops: int


class Worker:
    """The process of a row; `first`: what it computed of the first batch."""

    def __init__(self, case: Case, maps: LabelMapOptions) -> None:
        self.case = case
        self._pool = ProcessPoolExecutor(1, get_context("spawn"))
        self._libraries = self._call(_peak_megabytes)
        self.first: FirstBatch = self._call(_prepare, case, maps)

    def seconds(self, place: int) -> float:
        """What the batch at `place` took."""
        seconds: float = self._call(_timed, place)
        return seconds

    def finish(self) -> float:
        """Ends the process; returns its peak of memory beyond the libraries' own, in megabytes."""
        peak: float = self._call(_peak_megabytes) - self._libraries
        self._pool.shutdown()
        return peak

    def _call(self, function: Callable[..., Any], *arguments: object) -> Any:
        try:
            return self._pool.submit(function, *arguments).result()
        except BrokenProcessPool:
            raise ValueError(
                f"the process of {self.case} ended; was there enough memory? "
                "Fewer --maps, a smaller --size or --width take less"
            ) from None
        except (ValueError, RuntimeError, MemoryError) as error:
            raise ValueError(f"{self.case}: {error}") from error


_work: list[Work] = []
"""In the process of a row, what it computes."""


def _prepare(case: Case, options: LabelMapOptions) -> FirstBatch:
    maps = options.read()
    work = build_work(case, maps)
    _work.append(work)
    flops = count_flops(lambda: work.run(0))  # the first run, with the weights that every form has
    first = FirstBatch(work.result().numpy(), flops)
    for _ in range(WARM_UP):
        for place in range(len(maps.batches)):
            work.run(place)
    return first


def _timed(place: int) -> float:
    start = time.perf_counter()
    _work[0].run(place)
    return time.perf_counter() - start


def _peak_megabytes() -> float:
    """Of this process alone; `getrusage` may return what its parent had when it started this one."""
    status = Path("/proc/self/status")
    peak = re.search(r"VmHWM:\s*(\d+)", status.read_text()) if status.exists() else None
    if peak is not None:
        return int(peak[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def count_flops(compute: Callable[[], object]) -> int:
    """Operations of the products and convolutions in `compute`; a multiply-add is two.

    Those of layers with weights in oneDNN's layout included, which torch's counter does not know.
    """

    def convolution(x: list[int], weight: list[int], *_: object, out_shape: list[int], **__: object) -> int:
        return conv_flop_count(x, weight, out_shape)

    def linear(x: list[int], *_: object, out_shape: list[int], **__: object) -> int:
        return 2 * x[0] * x[1] * out_shape[1]

    known = {"_convolution_pointwise": convolution, "_linear_pointwise": linear}
    formulas = {getattr(torch.ops.mkldnn, name, None): formula for name, formula in known.items()}
    with FlopCounterMode(display=False, custom_mapping=formulas) as counter:
        compute()
    return counter.get_total_flops()
