"""What happens between steps: curves, sample images, validation and checkpoints, each at its interval."""

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
from engine.nonfinite import NonFiniteSteps
from engine.progress import Progress, TrainingBar, passed
from engine.run_log import RunLog
from engine.runtime.distributed import Processes, mean_over_processes
from engine.validation import Stopped, Validation


@dataclass(frozen=True)
class Intervals:
    """In images."""

    log: int
    sample: int
    save: int


@dataclass
class Hooks:
    """Logs, samples, validates and saves. Losses stay tensors until a row is due: no step waits for them.

    `log`: None in other processes than the main one, which only take part in collective operations;
    `sample_grid`: draws labels | fake | real, (H, W, 3) of 8-bit values; `may_write`: raises ValueError where
    another process has taken over the run folder; `validation`: None where the run is not validated.
    """

    checkpoint: Checkpoint
    progress: Progress
    intervals: Intervals
    processes: Processes
    log: RunLog | None
    bar: TrainingBar
    sample_grid: Callable[[], Tensor]
    nonfinite_steps: NonFiniteSteps
    may_write: Callable[[], None] = lambda: None
    validation: Validation | None = None

    def __post_init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._steps, self._saved = 0, self.progress.images
        self._since = (self.progress.images, time.monotonic())

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

        A validation is abandoned where the run is `asked_to_stop`: it may take longer than a stop may.
        Raises ValueError where too many steps in a row were `skipped`.
        """
        for name, loss in losses.items():
            counted = torch.where(skipped, 0, loss.detach())
            self._sums[name] = self._sums[name] + counted if name in self._sums else counted
        self._steps += 1
        self.nonfinite_steps.count(skipped, batch)
        self.bar.update()
        images = self.progress.images
        if passed(self.intervals.log, before, images):
            self._write_row(rates, losses)
        if passed(self.intervals.sample, before, images) and self.log is not None:
            samples = self.sample_grid()
            with self._or_warning("sample images were not written ({})"):
                self.log.write_samples(images, samples)
        if self.validation is not None and passed(self.validation.every_images, before, images):
            self._validate(self.validation, asked_to_stop)
        if passed(self.intervals.save, before, images):
            self.save()

    def save(self) -> bool:
        """Saves a checkpoint where it is not saved yet; warns where it cannot, and returns False."""
        if self.log is None or self._saved == self.progress.images:
            return True
        self.may_write()
        with self._or_warning("no checkpoint was saved ({}); the previous one stays in use"):
            self.checkpoint.save(self.progress.images)
            self._saved = self.progress.images
        return self._saved == self.progress.images

    def close(self) -> None:
        """Closes bar and log, and writes what is still buffered."""
        self.bar.close()
        if self.log is not None:
            with self._or_warning("the end of the curves was not written ({})"):
                self.log.close()

    @contextmanager
    def _or_warning(self, warning: str) -> Iterator[None]:
        """Warns of what cannot be written (a full disk), and the run continues without it."""
        try:
            yield
        except OSError as error:
            self.bar.print(f"warning: {warning.format(error)}")

    def _validate(self, validation: Validation, asked_to_stop: Callable[[], bool]) -> None:
        images, seconds = self.progress.images, self.progress.seconds
        if not validation.affordable(seconds):
            if (warning := validation.refusal(images)) is not None:
                self.bar.print(warning)
            return
        try:
            row = validation.evaluate(seconds, asked_to_stop)
        except Stopped:
            self.bar.print(f"the validation after {images} images was abandoned: the run is to stop")
            return
        self._since = (self._since[0], self._since[1] + validation.seconds)  # no slower step
        if row is None:
            self.bar.print(f"warning: no validation: the images after {images} images are not finite")
        elif self.log is not None:
            best = validation.is_best(row)
            self.bar.print(validation.describe(images, row, best))
            with self._or_warning("the values of the validation were not written ({})"):
                self.log.write(images, row)
            if best and self.save():
                with self._or_warning("the best checkpoint was not named ({})"):
                    write_text_atomically(self.checkpoint.run / BEST, f"{images}\n")

    def _write_row(self, rates: dict[str, float], losses: dict[str, Tensor]) -> None:
        images, now = self.progress.images, time.monotonic()
        skipped = self.nonfinite_steps.read()
        counted = self._steps - skipped
        means = {name: total / max(1, counted) for name, total in self._sums.items()}
        values = {name: value.item() for name, value in mean_over_processes(means, self.processes).items()}
        speed = (images - self._since[0]) / (now - self._since[1])
        self._sums, self._steps, self._since = {}, 0, (images, now)
        row = rates | {"images_per_second": speed}
        if counted:
            self.bar.show_values(speed, values)
            row = values | row
        if skipped:
            row["skipped_steps"] = skipped
            self.bar.print(
                f"warning: {skipped} steps before {images} images were skipped, since a number was not "
                f"finite; their samples: {self.nonfinite_steps.samples}"
            )
        if self.log is not None:
            self.may_write()
            with self._or_warning("a row of the curves was not written ({})"):
                self.log.write(images, row)
        self.nonfinite_steps.stop_if_too_many(images, losses)
