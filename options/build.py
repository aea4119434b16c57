"""From options to networks and what trains them: after this file nobody sees a configuration."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields
from enum import Enum
from typing import Any

import torch
from torch import nn

from engine.ema import ExponentialMovingAverage
from engine.hardware import Hardware, select_hardware
from engine.step import Objective
from models.discriminators.multiscale import MultiscaleDiscriminator
from models.encoders.encoder import Encoder
from models.encoders.image import ImageEncoder
from models.generators.spade import DOUBLINGS, SpadeGenerator
from models.generators.stem import LabelStem, StyleStem
from models.layers.initialisation import xavier
from models.losses.adversarial import ADVERSARIAL_LOSSES
from models.losses.perceptual import PerceptualLoss
from models.norms import NORMS, STATISTICS, ConditionalNorm, NormFactory
from models.synthesiser import Synthesiser
from options.facts import Facts
from options.schema import (
    EmaOptions,
    HardwareOptions,
    ImageEncoderOptions,
    LossOptions,
    OptimizerOptions,
    Perceptual,
    Statistics,
    TrainOptions,
)


def build_hardware(options: HardwareOptions) -> Hardware:
    """Device and precision."""
    return select_hardware(options.device.value, options.precision.value, options.channels_last)


def build_synthesiser(options: TrainOptions, facts: Facts) -> Synthesiser:
    """The generator with its encoder, freshly initialised."""
    encoder = build_encoder(options.encoder)
    generator = build_generator(options, facts, encoder)
    synthesiser = Synthesiser(generator, encoder, facts.edges)
    xavier(synthesiser)
    return synthesiser


def build_encoder(options: Any) -> Encoder | None:
    """The encoder, or None."""
    if isinstance(options, ImageEncoderOptions):
        return ImageEncoder(options.width, options.style_width)
    return None


def build_generator(options: TrainOptions, facts: Facts, encoder: Encoder | None) -> nn.Module:
    """The generator with the norms it is told to use."""
    chosen = options.generator
    channels = 16 * chosen.width
    stem: nn.Module = LabelStem(len(facts.label_set), channels, facts.edges)
    if isinstance(encoder, ImageEncoder):
        multiple = 2 ** DOUBLINGS[chosen.upsampling.value]
        size = (options.dataset.height // multiple, options.dataset.width // multiple)
        stem = StyleStem(encoder.style_width, channels, size)
    norm = norm_factory(options.norm, facts)
    return SpadeGenerator(stem, norm, norm, chosen.width, chosen.upsampling.value, chosen.spectral)


def norm_factory(options: Any, facts: Facts) -> NormFactory:
    """Channels in, norm out. A norm is given those facts of the data set that its constructor names."""
    norm: Callable[..., ConditionalNorm] = NORMS[options.name]
    known = {"classes": len(facts.label_set), "edges": facts.edges}
    named = inspect.signature(norm).parameters
    arguments = {name: value for name, value in known.items() if name in named}
    arguments |= own_options(options, "statistics")
    word = "batch" if options.statistics is Statistics.default else options.statistics.value

    def make(channels: int) -> ConditionalNorm:
        return norm(channels, STATISTICS[word](channels), **arguments)

    return make


def own_options(options: Any, *without: str) -> dict[str, Any]:
    """The options of a choice as plain values, without its name."""
    values = {entry.name: getattr(options, entry.name) for entry in fields(options)}
    return {
        name: value.value if isinstance(value, Enum) else value
        for name, value in values.items()
        if name not in ("name", *without)
    }


def build_discriminator(options: TrainOptions, facts: Facts) -> nn.Module:
    """The discriminator, freshly initialised."""
    chosen = options.discriminator
    discriminator = MultiscaleDiscriminator(
        len(facts.label_set), facts.edges, chosen.width, chosen.layers, chosen.scales
    )
    xavier(discriminator)
    return discriminator


def build_objective(options: LossOptions, hardware: Hardware) -> Objective:
    """What the players minimise."""
    perceptual = None
    if options.perceptual is not Perceptual.none:
        perceptual = hardware.place(PerceptualLoss(options.perceptual.value))
    return Objective(
        adversarial=ADVERSARIAL_LOSSES[options.adversarial.value],
        perceptual=perceptual,
        perceptual_weight=options.perceptual_weight,
        feature_matching_weight=options.feature_matching,
        kl_weight=options.kl,
        l1_weight=options.l1,
    )


def build_optimizers(
    options: OptimizerOptions, synthesiser: nn.Module, discriminator: nn.Module
) -> tuple[torch.optim.Adam, torch.optim.Adam]:
    """Adam for each player, at its own rate."""
    betas = (options.beta1, options.beta2)
    return (
        torch.optim.Adam(synthesiser.parameters(), lr=options.generator_lr, betas=betas),
        torch.optim.Adam(discriminator.parameters(), lr=options.discriminator_lr, betas=betas),
    )


def build_ema(options: EmaOptions, synthesiser: Synthesiser) -> ExponentialMovingAverage[Synthesiser]:
    """The average of the generator's weights."""
    return ExponentialMovingAverage(synthesiser, options.half_life_images, options.ramp)
