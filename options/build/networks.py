"""From options to networks, freshly initialised."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from torch import nn

from data.dataset_info import DatasetInfo
from models.conditional_generator import ConditionalGenerator
from models.discriminators.multiscale import MultiscaleDiscriminator
from models.encoders.encoder import Encoder
from models.encoders.image import ImageEncoder
from models.encoders.prior import Prior
from models.encoders.region_style import RegionStyleEncoder
from models.generators import LocalEnhancer, Pix2pixHDGenerator, SpadeGenerator, UnetGenerator
from models.generators.spade import DOUBLINGS
from models.generators.stem import LabelStem, StyleStem
from models.layers.initialisation import INITIALISATIONS
from models.norms import NORMS, ConditionalNorm, NoisySpade, NormFactory, statistics_for
from options.schema.networks import (
    ImageEncoderOptions,
    LocalEnhancerOptions,
    Pix2pixHDOptions,
    PriorOptions,
    RegionStyleOptions,
    SeanOptions,
    SpadeGeneratorOptions,
    SpadeNormOptions,
    UnetOptions,
)
from options.schema.training import TrainOptions


def build_generator(options: TrainOptions, facts: DatasetInfo) -> ConditionalGenerator:
    """The generator with its encoder."""
    encoder = build_encoder(options.encoder, facts)
    G = ConditionalGenerator(_build_network(options, facts, encoder), encoder, facts.edges)
    INITIALISATIONS[options.initialisation](G)
    return G


def build_encoder(options: Any, facts: DatasetInfo) -> Encoder | None:
    """The encoder, or None where there is none."""
    if isinstance(options, ImageEncoderOptions):
        return ImageEncoder(**own_options(options))
    if isinstance(options, PriorOptions):
        return Prior(options.style_width)
    if isinstance(options, RegionStyleOptions):
        return RegionStyleEncoder(len(facts.label_set), options.style_width)
    return None


def _build_network(options: TrainOptions, facts: DatasetInfo, encoder: Encoder | None) -> nn.Module:
    """The generator that the options choose."""
    chosen, classes, edges = options.generator, len(facts.label_set), facts.edges
    if isinstance(chosen, SpadeGeneratorOptions):
        return _spade(options, facts, encoder)
    if isinstance(chosen, UnetOptions):
        return UnetGenerator(classes, edges, **own_options(chosen))
    if isinstance(chosen, Pix2pixHDOptions):
        return Pix2pixHDGenerator(classes, edges, **own_options(chosen))
    assert isinstance(chosen, LocalEnhancerOptions), f"no builder for generator={chosen.name}"
    coarse = Pix2pixHDGenerator(
        classes,
        edges,
        chosen.width,
        chosen.downsamplings,
        chosen.blocks,
        norm=chosen.norm,
        spectral=chosen.spectral,
    )
    return LocalEnhancer(
        coarse,
        edges,
        chosen.enhancer_blocks,
        norm=chosen.norm,
        spectral=chosen.spectral,
        global_images=chosen.global_images,
        enhancer_images=chosen.enhancer_images,
    )


def _spade(options: TrainOptions, facts: DatasetInfo, encoder: Encoder | None) -> SpadeGenerator:
    chosen, classes = options.generator, len(facts.label_set)
    channels = 16 * chosen.width
    stem: nn.Module = LabelStem(classes, channels, facts.edges)
    if isinstance(encoder, ImageEncoder | Prior) and NORMS[options.norm.name].styles == "none":
        # Norms that take no style leave it to the stem, as in SPADE's VAE.
        multiple = 2 ** DOUBLINGS[chosen.upsampling]
        size = (options.dataset.height // multiple, options.dataset.width // multiple)
        stem = StyleStem(encoder.style_width, channels, size)
    norm = norm_factory(NORMS[options.norm.name], options.norm, facts, encoder)
    plain_norm = norm
    if isinstance(options.norm, SeanOptions):
        shared = {entry.name: getattr(options.norm, entry.name) for entry in fields(SpadeNormOptions)}
        plain_norm = norm_factory(NoisySpade, SpadeNormOptions(**shared), facts, encoder)
    label_channels = classes + facts.edges if chosen.concat_labels else 0
    return SpadeGenerator(
        stem, norm, plain_norm, chosen.width, chosen.upsampling, chosen.spectral, label_channels
    )


def norm_factory(
    norm: Callable[..., ConditionalNorm], options: Any, facts: DatasetInfo, encoder: Encoder | None
) -> NormFactory:
    """Channels in, norm out. A norm is given those of the known facts that its constructor names."""
    known = {
        "classes": len(facts.label_set),
        "edges": facts.edges,
        "style_count": len(facts.styles),
        "style_width": getattr(encoder, "style_width", None),
    }
    named = inspect.signature(norm).parameters
    arguments = {name: value for name, value in known.items() if name in named}
    arguments |= own_options(options, "statistics")
    word = None if options.statistics == "default" else options.statistics
    standardise = statistics_for(options.name, word)
    return lambda channels: norm(channels, standardise(channels), **arguments)


def own_options(options: Any, *without: str) -> dict[str, Any]:
    """The options of a choice as plain values, without its name."""
    names = (entry.name for entry in fields(options))
    return {name: getattr(options, name) for name in names if name not in ("name", *without)}


def build_discriminator(options: TrainOptions, facts: DatasetInfo) -> nn.Module:
    """The discriminator."""
    discriminator = MultiscaleDiscriminator(
        len(facts.label_set), facts.edges, **own_options(options.discriminator)
    )
    INITIALISATIONS[options.initialisation](discriminator)
    return discriminator
