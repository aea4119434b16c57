"""Figures while a run trains: bounded in what they cost, and the checkpoint that was best by them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from engine.runtime.distributed import Processes, largest

PREFIX = "evaluation/"
SECONDS, SHARE = "evaluation_seconds", "evaluation_share"
"""In the log's rows: what one evaluation took, and all of them as a share of the training time."""


Figures = dict[str, float]


class Stopped(Exception):
    """An evaluation that was given up, since the run was asked to stop."""


class Validation:
    """Measures every `every_images` images, at no more than `max_time_fraction` of the training time.

    `measure`: figures by name, on all processes together, None where the pictures cannot be measured; it is
    given what says whether the run was asked to stop, and raises Stopped if so; `best_by`: the figure that
    decides which checkpoint is best, the lower the better; `log`: rows of the run so far, which say what was
    best and what was spent (the main process has them alone).
    """

    def __init__(
        self,
        measure: Callable[[Callable[[], bool]], Figures | None],
        best_by: str,
        every_images: int,
        max_time_fraction: float,
        processes: Processes,
        log: Iterable[Mapping[str, float]] = (),
    ) -> None:
        self.every_images = every_images
        self.seconds = 0.0  # of the last evaluation
        self._measure, self._best_by = measure, best_by
        self._most_share, self._processes = max_time_fraction, processes
        self._spent, self._best = 0.0, float("inf")
        self._told = False
        for row in log:
            self._spent += row.get(SECONDS, 0.0)
            self._best = min(self._best, row.get(PREFIX + best_by, self._best))

    def affordable(self, training_seconds: float) -> bool:
        """Whether the next evaluation keeps within the share; the first of a session always does.

        Every process answers the same. `training_seconds`: of the run so far, evaluations included.
        """
        (cost,) = largest([self._spent + self.seconds if self.seconds else 0.0], self._processes)
        return cost <= self._most_share * training_seconds

    def refusal(self, images: int) -> str | None:
        """What to say where an evaluation is left out; once, and None from then on."""
        if self._told:
            return None
        self._told = True
        return (
            f"warning: none measured after {images} images: one takes {self.seconds:.1f} s, all would"
            f" come to more than evaluate.max_time_fraction={self._most_share:g} of the training time; "
            "they go on as time allows: raise evaluate.every_images, or lower evaluate.images"
        )

    def evaluate(self, training_seconds: float, asked_to_stop: Callable[[], bool]) -> Figures | None:
        """A row for the log, None where there are no figures; every process calls it.

        Raises Stopped, on all processes, soon after one of them is `asked_to_stop`.
        """
        began = time.monotonic()
        figures = self._measure(asked_to_stop)
        (self.seconds,) = largest([time.monotonic() - began], self._processes)
        self._spent += self.seconds
        if figures is None:
            return None
        share = self._spent / (training_seconds + self.seconds)
        return {PREFIX + name: value for name, value in figures.items()} | {
            SECONDS: self.seconds,
            SHARE: share,
        }

    def is_best(self, row: Mapping[str, float]) -> bool:
        """Whether a row is better than all before it; remembers it where it is."""
        value = row[PREFIX + self._best_by]
        if value >= self._best:
            return False
        self._best = value
        return True

    def describe(self, images: int, row: Mapping[str, float], is_best: bool) -> str:
        """A line for people."""
        figures = " ".join(
            f"{name.removeprefix(PREFIX)} {value:.4g}"
            for name, value in row.items()
            if name.startswith(PREFIX)
        )
        best = "the best so far" if is_best else f"best {self._best:.4g}"
        cost = f"{row[SECONDS]:.1f} s, {row[SHARE]:.1%} of the training"
        return f"after {images} images: {figures} ({best}); {cost}"
