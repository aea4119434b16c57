"""Rows measured in turn, and what comes of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median

import numpy as np

from scripts.benchmarking.cases import Case
from scripts.benchmarking.worker import Finished, MapsAsked, Worker


@dataclass(frozen=True)
class Row:
    """A line of the table.

    `seconds`: of a batch, the median over the runs of the mean over the label maps; `fastest` and `slowest`
    of those means; `ratio`: how many times faster than the first row in the same run, the median, and from
    `ratio_low` to `ratio_high`; `peak_mb` beyond the libraries'; `gflops`: operations of the first batch, in
    billions; `matrix_share`: of the machine's rate of large products, that they were done at; `difference`
    from the first row's answer for the first batch: the largest of an image (absolute), or of a gradient
    (relative to the largest).
    """

    case: Case
    batch: int
    size: tuple[int, int]
    classes: int | None
    seconds: float
    fastest: float
    slowest: float
    images_per_second: float
    ratio: float
    ratio_low: float
    ratio_high: float
    peak_mb: float
    memory_ratio: float
    gflops: float
    matrix_share: float
    difference: float

    def plain(self) -> dict[str, object]:
        """As one level of names and values, for JSON."""
        values = asdict(self)
        return values.pop("case") | values


def measure(cases: list[Case], maps: MapsAsked, runs: int, matrix_flops: float) -> list[Row]:
    """Every case on every batch of label maps, `runs` times, in turn; the first case is the reference.

    `matrix_flops`: operations a second of large products here.
    """
    workers = [Worker(case, maps) for case in cases]
    # (run, case): a mean over the label maps, between which the cases take turns
    means = [_run(workers, maps.batches) for _ in range(runs)]
    answers = [worker.finish() for worker in workers]
    return [
        _row(case, maps, [(run[0], run[index]) for run in means], answers[0], answer, matrix_flops)
        for index, (case, answer) in enumerate(zip(cases, answers))
    ]


def _run(workers: list[Worker], batches: int) -> list[float]:
    seconds = [[worker.seconds(place) for worker in workers] for place in range(batches)]
    return [sum(of_case) / batches for of_case in zip(*seconds)]


def _row(
    case: Case,
    maps: MapsAsked,
    means: list[tuple[float, float]],
    reference: Finished,
    answer: Finished,
    matrix_flops: float,
) -> Row:
    """`means`: for each run, seconds of the reference and of this case."""
    own, ratios = [mean for _, mean in means], [first / mean for first, mean in means]
    largest = np.abs(reference.result).max() if case.work == "step" else 1.0
    return Row(
        case,
        maps.batch,
        maps.size,
        maps.classes,
        seconds=median(own),
        fastest=min(own),
        slowest=max(own),
        images_per_second=maps.batch / median(own),
        ratio=median(ratios),
        ratio_low=min(ratios),
        ratio_high=max(ratios),
        peak_mb=answer.peak_mb,
        memory_ratio=answer.peak_mb / max(reference.peak_mb, 1),
        gflops=answer.flops / 1e9,
        matrix_share=answer.flops / median(own) / matrix_flops,
        difference=float(np.abs(answer.result - reference.result).max() / largest),
    )
