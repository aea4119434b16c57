"""Validation while a run trains: bounded in what it costs; it decides which checkpoint is the best."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import InitVar, dataclass
from itertools import islice

import torch
from torch import Tensor

from data.batch import Batch
from data.dataset import PairedDataset
from data.loader import eval_loader
from data.sources.source import Subset
from engine.runtime.distributed import Processes, largest
from engine.runtime.hardware import Hardware
from evaluation.evaluate import Features, evaluate
from evaluation.metrics import MetricSet
from evaluation.protocol import Protocol
from inference.generator import LabelMapGenerator

PREFIX = "evaluation/"
SECONDS, FRACTION = "evaluation_seconds", "evaluation_share"
"""In the log's rows: the time of one validation, and that of all as a fraction of the training time."""

Values = dict[str, float]


class Stopped(Exception):
    """A validation that was abandoned, since the run was asked to stop."""


@dataclass
class Validation:
    """Measures every `every_images` images, within `max_time_fraction` of the training time.

    `measure`: returns metrics by name, on all processes together, None where the pictures cannot be measured;
    it gets a function that says whether the run was asked to stop, and raises Stopped if so; `best_by`: the
    metric that decides which checkpoint is best, the lower the better; `log`: rows of the run so far, with
    its best value and its time spent (only the main process has them).
    """

    measure: Callable[[Callable[[], bool]], Values | None]
    best_by: str
    every_images: int
    max_time_fraction: float
    processes: Processes
    log: InitVar[Iterable[Mapping[str, float]]] = ()

    def __post_init__(self, log: Iterable[Mapping[str, float]]) -> None:
        rows = list(log)
        self.seconds, self._warned = 0.0, False  # seconds: of the last validation
        self._spent = sum(row.get(SECONDS, 0.0) for row in rows)
        self._best = min((row.get(PREFIX + self.best_by, math.inf) for row in rows), default=math.inf)

    def affordable(self, training_seconds: float) -> bool:
        """Whether the next validation keeps within the fraction; the first of a session always does.

        The same on every process. `training_seconds`: of the run so far, validations included.
        """
        (cost,) = largest([self._spent + self.seconds if self.seconds else 0.0], self.processes)
        return cost <= self.max_time_fraction * training_seconds

    def refusal(self, images: int) -> str | None:
        """The warning where a validation is skipped; None after the first time."""
        if self._warned:
            return None
        self._warned = True
        return (
            f"warning: no validation after {images} images: one takes {self.seconds:.1f} s, all would come"
            f" to more than evaluate.max_time_fraction={self.max_time_fraction:g} of the training time;"
            " it continues as time allows: raise evaluate.every_images, or lower evaluate.images"
        )

    def evaluate(self, training_seconds: float, asked_to_stop: Callable[[], bool]) -> Values | None:
        """A row for the log, None where nothing can be measured; every process calls it.

        Raises Stopped, on all processes, soon after one of them is `asked_to_stop`.
        """
        began = time.monotonic()
        values = self.measure(asked_to_stop)
        (self.seconds,) = largest([time.monotonic() - began], self.processes)
        self._spent += self.seconds
        if values is None:
            return None
        cost = {SECONDS: self.seconds, FRACTION: self._spent / (training_seconds + self.seconds)}
        return {PREFIX + name: value for name, value in values.items()} | cost

    def is_best(self, row: Mapping[str, float]) -> bool:
        """Whether a row is better than all before it, which it is then compared with from now on."""
        value = row[PREFIX + self.best_by]
        if value >= self._best:
            return False
        self._best = value
        return True

    def describe(self, images: int, row: Mapping[str, float], is_best: bool) -> str:
        """A line for the terminal."""
        measured = {name.removeprefix(PREFIX): row[name] for name in row if name.startswith(PREFIX)}
        values = " ".join(f"{name} {value:.4g}" for name, value in measured.items())
        best = "the best so far" if is_best else f"best {self._best:.4g}"
        cost = f"{row[SECONDS]:.1f} s, {row[FRACTION]:.1%} of the training"
        return f"after {images} images: {values} ({best}); {cost}"


@dataclass
class Measure:
    """Generates from the label maps of `pairs`, the same each time, and measures: what `Validation` calls.

    It draws nothing from the random numbers of training: a run with validation is the run without it, bit for
    bit. `features`: the metrics' features, with a cache for those of the photos; `batch`: pictures at a time.
    """

    generator: LabelMapGenerator
    pairs: PairedDataset
    metrics: MetricSet
    protocol: Protocol
    features: Features
    batch: int
    hardware: Hardware
    processes: Processes
    _broken: bool = False

    def __call__(self, asked_to_stop: Callable[[], bool]) -> Values | None:
        """Metrics by full name, of all processes; None where the generator returns NaN.

        Raises Stopped within a batch of one of them being `asked_to_stop`.
        """
        self._broken = False
        found = evaluate(self._generated(asked_to_stop), self.metrics, self.protocol, features=self.features)
        (broken,) = largest([float(self._broken)], self.processes)
        model = {name: value for name, value in found.rows["model"].items() if name != "images"}
        return None if broken else {self.protocol.metric_name(name): model[name] for name in model}

    @torch.inference_mode()
    def _generated(self, asked_to_stop: Callable[[], bool]) -> Iterator[tuple[Tensor, Batch]]:
        part = Subset.of_process(self.pairs.source, self.processes.rank, self.processes.count)
        first = part.indices[0]
        dataset = PairedDataset(part, self.pairs.transform, self.pairs.seed, self.pairs.on_error)
        loaded = eval_loader(dataset, self.batch, pin_memory=self.hardware.pinned)
        for on_host in self._in_step(loaded, asked_to_stop):
            batch, styles = on_host.to(self.hardware.device), None
            if self.generator.G.encoder is not None and batch.photo is not None:
                styles = self.generator.styles(batch.photo, batch.labels)
            pictures = self.generator.pictures(batch, batch.style_id, styles, self.protocol.seed or 0, first)
            first += len(batch)
            if not bool(pictures.isfinite().all()):
                # An error here would leave the other processes waiting for this one.
                self._broken, pictures = True, torch.zeros_like(pictures)
            yield pictures.clamp(-1, 1), batch

    def _in_step(self, batches: Iterable[Batch], asked_to_stop: Callable[[], bool]) -> Iterator[Batch]:
        """The batches; before each, all processes agree to go on, also those that have one batch fewer."""
        remaining = iter(batches)
        for _ in range(-(-len(self.pairs) // (self.batch * self.processes.count))):
            (stop,) = largest([float(asked_to_stop())], self.processes)
            if stop:
                raise Stopped
            yield from islice(remaining, 1)
