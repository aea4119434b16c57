"""Runs so small that a test can train one."""

from __future__ import annotations

from omegaconf import OmegaConf

from options.schema import GROUPS, TrainOptions
from options.validation import resolve

TINY = (
    "generator.width=2",
    "discriminator.width=2",
    "norm.hidden=4",
    "loss.perceptual=none",
    "dataset.height=32",
    "dataset.width=32",
    "train.batch_size=2",
    "train.log_every_images=2",
    "hardware.num_workers=0",
    "hardware.device=cpu",
    "hardware.precision=float32",
    "hardware.threads=1",
)
"""Two samples of 32x32 pixels a step; a row of the log after each."""

DEFAULTS = {"dataset": "scenes", "generator": "spade", "encoder": "auto", "discriminator": "multiscale"}


def tiny_words(*words: str) -> list[str]:
    """The words of a tiny run, changed by others; norms that see no label map have no hidden width."""
    norm = next((word for word in words if word.startswith(("norm=", "generator="))), "norm=spade")
    hides = norm in ("norm=spade", "norm=sean", "generator=spade")
    return [*(word for word in TINY if hides or word != "norm.hidden=4"), *words]


def tiny_options(*words: str) -> TrainOptions:
    """The options of a tiny run, changed by words of a command line; without Hydra, which takes a while."""
    said = dict(word.split("=", 1) for word in tiny_words(*words))
    norm = "spade" if said.get("generator", "spade") == "spade" else "none"
    chosen = DEFAULTS | {"norm": norm} | {group: said.pop(group) for group in GROUPS if group in said}
    config = OmegaConf.structured(TrainOptions(name="tiny"))
    for group, word in chosen.items():
        config[group] = OmegaConf.structured(GROUPS[group][word])
    config.merge_with(OmegaConf.from_dotlist([f"{name}={value}" for name, value in said.items()]))
    options = OmegaConf.to_object(config)
    assert isinstance(options, TrainOptions)
    resolve(options)
    return options
