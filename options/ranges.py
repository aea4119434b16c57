"""The range of every number among the options, so that no part of the program meets one it cannot use."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import NamedTuple

from engine.runtime.determinism import MOST_THREADS


class Range(NamedTuple):
    """What is asked for, in words, whether a value is that, and the options it is asked of."""

    words: str
    holds: Callable[[float], bool]
    options: tuple[str, ...]


# Infinity and NaN are in none of them.
RANGES = (
    Range(
        "2 or more",
        lambda value: 2 <= value < inf,
        ("generator.width", "train_images", "evaluate.images"),  # a distance takes two photos
    ),
    Range(
        "1 or more",
        lambda value: 1 <= value < inf,
        (
            "train.images",
            "train.batch_size",
            "train.log_every_images",
            "train.sample_every_images",
            "train.save_every_images",
            "train.keep",
            "train.keep_every_images",
            "train.grad_accum_steps",
            "train.max_nonfinite_steps",
            "dataset.height",
            "dataset.width",
            "norm.kernel_size",
            "norm.hidden",
            "encoder.width",
            "encoder.style_width",
            "discriminator.width",
            "discriminator.layers",
            "discriminator.scales",
            "images",
            "batch_size",
            "evaluate.batch_size",
            "pairs.height",
            "pairs.width",
            "pairs.num_classes",
            "jobs",
            "sheet_rows",
        ),
    ),
    Range(
        "0 or more",
        lambda value: 0 <= value < inf,
        (
            "seed",
            "generator.blocks",
            "generator.enhancer_blocks",
            "generator.downsamplings",
            "generator.global_images",
            "generator.enhancer_images",
            "ema.half_life_images",
            "ema.ramp",
            "hardware.num_workers",
            "gallery",
            "evaluate.every_images",
            "pairs.ignore_id",
            "segmenter_images",
            "speed_images",
        ),
    ),
    Range(
        "a weight of 0 or more",
        lambda value: 0 <= value < inf,
        ("loss.feature_matching", "loss.perceptual_weight", "loss.kl", "loss.l1"),
    ),
    Range(
        "a number above 0",
        lambda value: 0 < value < inf,
        (
            "train.epochs",
            "train.minutes",
            "train.hang_minutes",
            "evaluate.max_time_fraction",
            "optimizer.generator_lr",
            "optimizer.discriminator_lr",
            "learning_rate",
        ),
    ),
    Range(f"1 to {MOST_THREADS}", lambda value: 1 <= value <= MOST_THREADS, ("hardware.threads", "threads")),
    Range("a share, 0 to 1", lambda value: 0 <= value <= 1, ("optimizer.lr_decay_start",)),
    Range(
        "a share of 0 or more, below 1",
        lambda value: 0 <= value < 1,
        ("optimizer.beta1", "optimizer.beta2", "generator.dropout"),
    ),
)


def check_ranges(options: object) -> None:
    """Raises ValueError naming the first option out of its range; null, and options not there, pass."""
    for words, holds, names in RANGES:
        for name in names:
            value = _value(options, name)
            if value is not None and not holds(value):
                raise ValueError(f"{name}={value}: give {words}")


def _value(options: object, name: str) -> float | None:
    found: object = options
    for part in name.split("."):
        found = getattr(found, part, None)
    assert found is None or isinstance(found, int | float), f"{name} is a number"
    return found
