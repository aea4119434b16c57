"""Options as the command line composes them."""

from __future__ import annotations

import hydra
from omegaconf import OmegaConf

from options.cli import CONFIGS, register_schemas
from options.schema import TrainOptions
from options.validation import check, resolve


def composed(*words: str) -> TrainOptions:
    """The options of `train.py name=x WORDS`, checked."""
    register_schemas()
    with hydra.initialize_config_dir(str(CONFIGS), version_base="1.3"):
        options = OmegaConf.to_object(hydra.compose("train", ["name=x", *words]))
    assert isinstance(options, TrainOptions)
    resolve(options)
    check(options)
    return options
