"""Does loading keep up with training? `python scripts/time_loader.py dataset=… dataset.root=…`.

Takes the options of train.py; prints the images a second that its loader delivers with 0, 1 and 2 workers,
and those that its training step takes. Nothing is kept.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data.loader import train_loader
from engine.runtime.determinism import step_seed
from engine.runtime.distributed import Processes
from options.build.data import build_sampler, training_set
from options.build.sources import build_source, settle
from options.build.training import build_hardware, build_training
from options.cli import command
from options.schema import TrainOptions
from options.validation import check, resolve

SECONDS = 20.0
"""That each rate is measured for, after one batch that is not counted."""

ALONE = Processes(rank=0, count=1)


def start(options: TrainOptions, overrides: list[str]) -> None:
    """Measures and prints."""
    resolve(options)
    settle(options.dataset)
    check(options)
    batch = options.train.batch_size
    for workers in (0, 1, 2):
        rate = loading_rate(options, workers)
        print(f"loader, {workers} workers: {rate:.1f} images/s ({rate / batch:.2f} batches of {batch})")
    rate = training_rate(options)
    print(f"training step: {rate:.1f} images/s, loading not counted")


def loading_rate(options: TrainOptions, workers: int) -> float:
    """Images a second out of the loader, with nothing else to do."""
    dataset = training_set(options.dataset, build_source(options.dataset, "train"), options.seed)
    batches = train_loader(dataset, build_sampler(options, dataset, ALONE), workers)
    next(batches)
    return per_second(lambda: next(batches)) * options.train.batch_size


def training_rate(options: TrainOptions) -> float:
    """Images a second through the training step, on a few batches that are at hand."""
    options.hardware.num_workers = 0
    with tempfile.TemporaryDirectory() as folder:
        training = build_training(options, Path(folder), build_hardware(options.hardware), ALONE)
        at_hand = list(islice(training.batches, 4))
        steps = 0

        def step() -> None:
            nonlocal steps
            losses = training.step(at_hand[steps % 4], step_seed(options.seed, 0, steps))
            float(next(iter(losses.values())))  # waits for the device
            steps += 1

        step()
        rate = per_second(step) * options.train.batch_size
        training.hooks.close()
    return rate


def per_second(act: Callable[[], object]) -> float:
    """How often `act` is done in a second."""
    begun, times = time.perf_counter(), 0
    while (seconds := time.perf_counter() - begun) < SECONDS:
        act()
        times += 1
    return times / seconds


if __name__ == "__main__":
    command("train", TrainOptions, start, implied=lambda words: ["name=time_loader", "train.images=1000000"])
