"""Runs so small that a test can train one."""

from __future__ import annotations

import hydra
from omegaconf import OmegaConf

from options.checks import resolve
from options.command import CONFIGS, register_schemas
from options.schema import TrainOptions

TINY = (
    "generator.width=2",
    "discriminator.width=2",
    "norm.hidden=4",
    "loss.perceptual=none",
    "dataset.height=32",
    "dataset.width=32",
    "train.batch=2",
    "train.log_every_images=2",
    "hardware.workers=0",
    "hardware.device=cpu",
)
"""Two samples of 32x32 pixels a step; a row of the log after each."""


def tiny_words(*words: str) -> list[str]:
    """The words of a tiny run, changed by others; norms that see no label map have no hidden width."""
    norm = next((word for word in words if word.startswith(("norm=", "generator="))), "norm=spade")
    hides = norm in ("norm=spade", "norm=sean", "generator=spade")
    return [*(word for word in TINY if hides or word != "norm.hidden=4"), *words]


def tiny_options(*words: str) -> TrainOptions:
    """The options of a tiny run, changed by words of a command line."""
    register_schemas()
    with hydra.initialize_config_dir(str(CONFIGS), version_base="1.3"):
        config = hydra.compose("train", ["name=tiny", *tiny_words(*words)])
    options = OmegaConf.to_object(config)
    assert isinstance(options, TrainOptions)
    resolve(options)
    return options
