"""Rules across options: each says what is wrong with which values, and what to change."""

from __future__ import annotations

from models.generators.spade import DOUBLINGS
from options.schema import LossOptions, Perceptual, SpadeGeneratorOptions, TrainOptions


def check(options: TrainOptions) -> None:
    """Raises ValueError where options contradict each other."""
    _check_length(options)
    _check_size(options)
    _check_loss(options.loss)
    if options.train.batch < 1:
        raise ValueError(f"train.batch={options.train.batch}: give 1 or more")
    if not 0 <= options.optimizer.constant_share <= 1:
        raise ValueError(
            f"optimizer.constant_share={options.optimizer.constant_share}: a share of the run, 0 to 1"
        )


def _check_length(options: TrainOptions) -> None:
    length = options.train
    if (length.images is None) == (length.minutes is None):
        raise ValueError(
            f"train.images={length.images} and train.minutes={length.minutes}: give exactly one, "
            "the length of the run"
        )
    for name in ("images", "minutes", "log_every_images", "sample_every_images", "save_every_images", "keep"):
        value = getattr(length, name)
        if value is not None and value <= 0:
            raise ValueError(f"train.{name}={value}: give a number above 0")


def _check_size(options: TrainOptions) -> None:
    dataset, generator = options.dataset, options.generator
    if isinstance(generator, SpadeGeneratorOptions):
        multiple = 2 ** DOUBLINGS[generator.upsampling.value]
        for side in ("height", "width"):
            value = getattr(dataset, side)
            if value % multiple or value < multiple:
                below = max(multiple, value // multiple * multiple)
                raise ValueError(
                    f"dataset.{side}={value} is not a multiple of {multiple}, which generator.upsampling="
                    f"{generator.upsampling.value} needs; try {below} or {below + multiple}"
                )


def _check_loss(loss: LossOptions) -> None:
    for name in ("feature_matching", "perceptual_weight", "kl", "l1"):
        if getattr(loss, name) < 0:
            raise ValueError(f"loss.{name}={getattr(loss, name)}: a weight is 0 or more")
    if loss.perceptual is not Perceptual.none and loss.perceptual_weight == 0:
        raise ValueError(
            f"loss.perceptual={loss.perceptual.value} with loss.perceptual_weight=0 computes features for "
            "nothing; set loss.perceptual=none"
        )
