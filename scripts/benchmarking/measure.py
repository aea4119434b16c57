"""Rows measured in turn, and what comes of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median

from scripts.benchmarking.cases import Case
from scripts.benchmarking.worker import MapsAsked, Worker


@dataclass(frozen=True)
class Row:
    """A line of the table.

    `seconds`: of a batch, the median over the runs of the mean over the label maps; `fastest` and `slowest`
    of those means; `ratio`: how many times faster than the first row in the same run, the median, and from
    `ratio_low` to `ratio_high`; `peak_mb` beyond the libraries'; `difference` from the first row's answer
    for the first batch: the largest of an image (absolute), or of a gradient (relative to the largest).
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
    difference: float

    def plain(self) -> dict[str, object]:
        """As one level of names and values, for JSON."""
        values = asdict(self)
        return values.pop("case") | values


def measure(cases: list[Case], maps: MapsAsked, runs: int) -> list[Row]:
    """Every case on every batch of label maps, `runs` times, in turn; the first case is the reference."""
    workers = [Worker(case, maps) for case in cases]
    seconds = [
        [[worker.seconds(place) for worker in workers] for place in range(maps.batches)] for _ in range(runs)
    ]  # run, place, case
    answers = [worker.finish() for worker in workers]
    reference, reference_peak = answers[0]
    rows = []
    for index, (case, (answer, peak)) in enumerate(zip(cases, answers)):
        times = [[of_place[index] for of_place in of_run] for of_run in seconds]
        means = [sum(of_run) / len(of_run) for of_run in times]
        ratios = [
            sum(place[0] for place in of_run) / sum(place[index] for place in of_run) for of_run in seconds
        ]
        largest = reference.abs().max() if case.work == "step" else 1.0
        typical = median(means)
        rows.append(
            Row(
                case,
                maps.batch,
                maps.size,
                maps.classes,
                seconds=typical,
                fastest=min(means),
                slowest=max(means),
                images_per_second=maps.batch / typical,
                ratio=median(ratios),
                ratio_low=min(ratios),
                ratio_high=max(ratios),
                peak_mb=peak,
                memory_ratio=peak / reference_peak,
                difference=float((answer - reference).abs().max() / largest),
            )
        )
    return rows
