"""What happens between steps: curves, sample pictures and checkpoints, each at its interval in images."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from data.atomic_write import write_text_atomically
from data.batch import Batch
from engine.checkpoint.checkpoint import Checkpoint
from engine.checkpoint.checkpoint_paths import BEST
from engine.nonfinite_steps import NonFiniteSteps, listed
from engine.progress import Progress, passed
from engine.run_log import RunLog, TrainingBar
from engine.runtime.distributed import Processes, mean_over_processes
from engine.validation import Stopped, Validation


@dataclass(frozen=True)
class Intervals:
    """In images."""

    log: int
    sample: int
    save: int


class Hooks:
    """Writes down how a run goes. Losses stay tensors until a row is due, so that no step waits for them.

    `log`, `bar`: of the main process; the others have none and only take part in averaging. `nonfinite_steps`
    counts the steps that were left out. `may_write` raises ValueError where this process must not write in
    the run folder any more.
    `sample_grid`: draws labels | fake | real, (H, W, 3) of 8-bit values.
    `watch`: what is measured at an interval, and which checkpoint is best by it.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        progress: Progress,
        intervals: Intervals,
        processes: Processes,
        log: RunLog | None,
        bar: TrainingBar,
        sample_grid: Callable[[], Tensor],
        nonfinite_steps: NonFiniteSteps,
        may_write: Callable[[], None] = lambda: None,
        watch: Validation | None = None,
    ) -> None:
        self.checkpoint = checkpoint
        self.progress = progress
        self.intervals = intervals
        self.processes = processes
        self.log = log
        self.bar = bar
        self.sample_grid = sample_grid
        self.nonfinite_steps = nonfinite_steps
        self.may_write = may_write
        self.watch = watch
        self._sums: dict[str, Tensor] = {}
        self._steps = 0
        self._since = (progress.images, time.monotonic())
        self._saved = progress.images

    def after_step(
        self,
        losses: dict[str, Tensor],
        rates: dict[str, float],
        before: int,
        skipped: Tensor,
        batch: Batch,
        asked_to_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Counts a step on `batch` that began after `before` images, and does what is due.

        An evaluation is given up where the run is `asked_to_stop`: it may take longer than a stop may.

        Raises ValueError where too many steps in a row were `skipped`.
        """
        for name, loss in losses.items():
            counted = torch.where(skipped, 0, loss.detach())
            self._sums[name] = self._sums[name] + counted if name in self._sums else counted
        self._steps += 1
        self.nonfinite_steps.count(skipped, batch)
        self.bar.show()
        images = self.progress.images
        if passed(self.intervals.log, before, images):
            self._write_row(rates, losses)
        if passed(self.intervals.sample, before, images):
            self._write_samples()
        if self.watch is not None and passed(self.watch.every_images, before, images):
            self._evaluate(self.watch, asked_to_stop)
        if passed(self.intervals.save, before, images):
            self.save()

    def save(self) -> bool:
        """Saves a checkpoint unless this one is saved; says so where it cannot and answers False."""
        if self.log is None or self._saved == self.progress.images:
            return True
        self.may_write()
        with self._told("no checkpoint was saved ({}); the previous one stays in use"):
            self.checkpoint.save(self.progress.images)
            self._saved = self.progress.images
        return self._saved == self.progress.images

    def close(self) -> None:
        """Writes what is still held back."""
        self.bar.close()
        if self.log is not None:
            with self._told("the end of the curves was not written ({})"):
                self.log.close()

    @contextmanager
    def _told(self, warning: str) -> Iterator[None]:
        """What cannot be written (a full disk) is said, and the run goes on without it."""
        try:
            yield
        except OSError as error:
            self.bar.say(f"warning: {warning.format(error)}")

    def _evaluate(self, watch: Validation, asked_to_stop: Callable[[], bool]) -> None:
        images, seconds = self.progress.images, self.progress.seconds
        if not watch.affordable(seconds):
            self._say(watch.refusal(images))
            return
        try:
            row = watch.evaluate(seconds, asked_to_stop)
        except Stopped:
            self._say(f"no figures after {images} images: the run is to stop")
            return
        self._since = (self._since[0], self._since[1] + watch.seconds)  # it is no slower step
        if row is None:
            self._say(f"warning: the pictures after {images} images are not finite; there are no figures")
        elif self.log is not None:
            best = watch.is_best(row)
            self._say(watch.describe(images, row, best))
            with self._told("the figures were not written ({})"):
                self.log.write(images, row)
            if best and self.save():
                with self._told("the best checkpoint was not named ({})"):
                    write_text_atomically(self.checkpoint.run / BEST, f"{images}\n")

    def _say(self, line: str | None) -> None:
        if line is not None:
            self.bar.say(line)

    def _write_row(self, rates: dict[str, float], losses: dict[str, Tensor]) -> None:
        images, now = self.progress.images, time.monotonic()
        skipped = self.nonfinite_steps.read()
        counted = self._steps - skipped.steps
        means = {name: total / max(1, counted) for name, total in self._sums.items()}
        values = {name: value.item() for name, value in mean_over_processes(means, self.processes).items()}
        speed = (images - self._since[0]) / (now - self._since[1])
        self._sums, self._steps, self._since = {}, 0, (images, now)
        row = rates | {"images_per_second": speed}
        if counted:
            self.bar.show_values(speed, values)
            row = values | row
        if skipped.steps:
            row["skipped_steps"] = skipped.steps
            self.bar.say(
                f"warning: {skipped.steps} steps before {images} images were left out, since a number was "
                f"not finite; their samples: {listed(skipped.names)}"
            )
        if self.log is not None:
            self.may_write()
            with self._told("a row of the curves was not written ({})"):
                self.log.write(images, row)
        self.nonfinite_steps.stop_if_too_many(skipped, images, losses)

    def _write_samples(self) -> None:
        if self.log is not None:
            picture = self.sample_grid()
            with self._told("a sample picture was not written ({})"):
                self.log.write_samples(self.progress.images, picture)
