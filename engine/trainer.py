"""The training loop: everything that a run moves, from one step to the next until its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from data.batch import Batch
from engine.ema import ExponentialMovingAverage
from engine.hooks import Hooks
from engine.progress import Length, Progress, Stopwatch
from engine.runtime.determinism import step_seed
from engine.runtime.distributed import Processes, largest
from engine.runtime.interrupts import StopRequest, Watchdog
from engine.schedules import CoarseToFine, LearningRates
from engine.step import TrainingStep
from models.conditional_generator import ConditionalGenerator


@dataclass(frozen=True)
class Trainer:
    """The parts of a run.

    `batches`: this process's parts of the batches, on the device, without end; `batch_size`: images of a
    batch over all processes; `seed`: what all random numbers of the run derive from; `hang_minutes`: a step
    that takes longer has hung.
    """

    batches: Iterator[Batch]
    step: TrainingStep
    rates: LearningRates
    ema: ExponentialMovingAverage[ConditionalGenerator]
    coarse_to_fine: CoarseToFine
    progress: Progress
    length: Length
    hooks: Hooks
    processes: Processes
    batch_size: int
    seed: int
    hang_minutes: float

    def run(self) -> bool:
        """Trains to the run's end; returns whether it was asked to stop before."""
        stop, stopwatch, stopped = StopRequest(), Stopwatch(self.progress), 0.0
        with Watchdog(self.hang_minutes) as watchdog:
            while self.length.fraction(self.progress) < 1 and not stopped:
                watchdog.alive()
                stopped = self._train_on(next(self.batches), stop, stopwatch)
        return self.length.fraction(self.progress) < 1

    def _train_on(self, batch: Batch, stop: StopRequest, stopwatch: Stopwatch) -> float:
        """One step and what follows it; returns whether a process was asked to stop."""
        rates, progress = self.rates.set(self.length.fraction(self.progress)), self.progress
        before = progress.images
        self.coarse_to_fine.enter(before)
        seed = step_seed(self.seed, self.processes.rank, before)
        losses = self.step(batch, seed, before // self.batch_size)
        progress.images += self.batch_size
        newest = self.step.G.generator.images_of_newest(progress.images)
        self.ema.update(self.step.G, newest, self.batch_size)
        stopwatch.lap()
        # All processes see the same time and stop after the same step.
        progress.seconds, stopped = largest([progress.seconds, stop.asked], self.processes)
        self.hooks.after_step(losses, rates, before, self.step.skipped, batch, lambda: bool(stop.asked))
        return stopped
