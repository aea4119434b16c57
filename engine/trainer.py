"""A run in memory: everything the loop in train.py moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from data.batch import Batch
from engine.coarse_to_fine import CoarseToFine
from engine.ema import ExponentialMovingAverage
from engine.hooks import Hooks
from engine.learning_rate import LearningRates
from engine.progress import Length, Progress
from engine.runtime.distributed import Processes
from engine.step import TrainingStep
from models.conditional_generator import ConditionalGenerator


@dataclass(frozen=True)
class Training:
    """The parts of a run.

    `batches`: this process's shares of the batches, on the device, without end; `batch_images`: images of
    a batch over all processes; `seed`: what all random numbers of the run derive from; `hang_minutes`: a step
    that takes longer has hung.
    """

    batches: Iterator[Batch]
    step: TrainingStep
    rates: LearningRates
    ema: ExponentialMovingAverage[ConditionalGenerator]
    phases: CoarseToFine
    progress: Progress
    length: Length
    hooks: Hooks
    processes: Processes
    batch_images: int
    seed: int
    hang_minutes: float
