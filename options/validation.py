"""Rules across options: each says what is wrong with which values, and what to change."""

from __future__ import annotations

from engine.runtime.hardware import resolved_precision
from models.generators.spade import DOUBLINGS
from models.norms import NORMS
from options.ranges import check_ranges
from options.schema.networks import (
    AutoEncoderOptions,
    ImageEncoderOptions,
    LocalEnhancerOptions,
    NoEncoderOptions,
    NoNormOptions,
    Pix2pixHDOptions,
    PriorOptions,
    RegionStyleOptions,
    SpadeGeneratorOptions,
    UnetOptions,
)
from options.schema.training import LengthOptions, LossOptions, Perceptual, Precision, TrainOptions

EXACT = "exact"
"""resume=exact: from the newest checkpoint and no other."""
LENGTHS = ("images", "epochs", "minutes")
"""The options that say how long to train."""
ENCODER_FOR = {"none": NoEncoderOptions, "global": ImageEncoderOptions, "region": RegionStyleOptions}
"""The encoder that gives a norm the style codes it needs."""


def check_resume(options: TrainOptions) -> None:
    """Raises ValueError where resume= says none of its words."""
    if options.resume not in (True, False, EXACT):
        raise ValueError(f"resume={options.resume}: choose true, {EXACT} or false")


def resolve(options: TrainOptions) -> None:
    """Replaces what is left to the program (encoder, hardware.precision: auto) by what that means here."""
    if isinstance(options.encoder, AutoEncoderOptions):
        options.encoder = ENCODER_FOR[_styles_of_norm(options)]()
    hardware = options.hardware
    hardware.precision = Precision(resolved_precision(hardware.precision.value, hardware.device.value))


def check(options: TrainOptions) -> None:
    """Raises ValueError where options contradict each other."""
    check_ranges(options)
    _check_length(options.train)
    _check_networks(options)
    _check_size(options)
    _check_loss(options.loss)
    if options.train.batch_size % options.train.grad_accum_steps:
        raise ValueError(
            f"train.batch_size={options.train.batch_size} is not divisible by "
            f"train.grad_accum_steps={options.train.grad_accum_steps}; give a batch that is"
        )


def has_length(options: LengthOptions) -> bool:
    """Whether anything is said of how long to train."""
    return any(getattr(options, name) is not None for name in LENGTHS)


def _check_length(options: LengthOptions) -> None:
    lengths = {name: getattr(options, name) for name in LENGTHS}
    if sum(length is not None for length in lengths.values()) != 1:
        said = ", ".join(f"train.{name}={length}" for name, length in lengths.items())
        raise ValueError(f"{said}: give exactly one, the length of the run, and null for the others")


def _styles_of_norm(options: TrainOptions) -> str:
    return "none" if isinstance(options.norm, NoNormOptions) else NORMS[options.norm.name].styles


def _check_networks(options: TrainOptions) -> None:
    generator, norm, encoder = options.generator.name, options.norm.name, options.encoder.name
    takes_norm = isinstance(options.generator, SpadeGeneratorOptions)
    if takes_norm == isinstance(options.norm, NoNormOptions):
        remedy = (
            "choose a norm" if takes_norm else "it has norms of its own: leave norm out, or set norm=none"
        )
        raise ValueError(f"generator={generator} does not go with norm={norm}; {remedy}")
    styles = _styles_of_norm(options)
    fits = isinstance(options.encoder, ENCODER_FOR[styles])
    # SPADE's VAE: a norm without a style of its own leaves the code to the stem.
    takes_one = styles == "global" or (styles == "none" and takes_norm)
    if not fits and not (takes_one and isinstance(options.encoder, ImageEncoderOptions | PriorOptions)):
        needed = ENCODER_FOR[styles]().name
        raise ValueError(
            f"encoder={encoder} does not go with generator={generator} norm={norm}; "
            f"set encoder={needed}, or leave encoder out"
        )


def _check_size(options: TrainOptions) -> None:
    multiple, reason = _multiple(options.generator)
    for side in ("height", "width"):
        value = getattr(options.dataset, side)
        if value % multiple or value < multiple:
            below = max(multiple, value // multiple * multiple)
            raise ValueError(
                f"dataset.{side}={value} is not a multiple of {multiple}, which {reason} needs; "
                f"try {below} or {below + multiple}"
            )


def size_multiple(generator: object) -> int:
    """What height and width must be multiples of."""
    return _multiple(generator)[0]


def _multiple(generator: object) -> tuple[int, str]:
    """What height and width must be multiples of, and which option says so."""
    if isinstance(generator, SpadeGeneratorOptions):
        word = generator.upsampling.value
        return 2 ** DOUBLINGS[word], f"generator.upsampling={word}"
    if isinstance(generator, UnetOptions):
        return 2**generator.depth, f"generator.depth={generator.depth}"
    assert isinstance(generator, Pix2pixHDOptions | LocalEnhancerOptions), "every generator has a multiple"
    halvings = generator.downsamplings + isinstance(generator, LocalEnhancerOptions)
    return 2**halvings, f"generator.downsamplings={generator.downsamplings}"


def _check_loss(loss: LossOptions) -> None:
    if loss.perceptual is not Perceptual.none and loss.perceptual_weight == 0:
        raise ValueError(
            f"loss.perceptual={loss.perceptual.value} with loss.perceptual_weight=0 computes features for "
            "nothing; set loss.perceptual=none"
        )
