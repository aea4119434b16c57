"""From options to networks, freshly initialised; classes come from the tables in models/."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

from torch import nn

from data.dataset_info import DatasetInfo
from models.conditional_generator import ConditionalGenerator
from models.discriminators import DISCRIMINATORS, Discriminator
from models.encoders import ENCODERS, Encoder
from models.generators import GENERATORS, Generator
from models.generators.spade import LabelStem, StyleStem
from models.layers.initialisation import INITIALISATIONS
from models.norms import NORMS, ConditionalNorm, NoisySpade, NormFactory, Sean, statistics_for
from options.schema.training import TrainOptions

Made = TypeVar("Made")


def build_generator(options: TrainOptions, info: DatasetInfo) -> ConditionalGenerator:
    """The generator with its encoder."""
    encoder = build_encoder(options.encoder, info)
    G = ConditionalGenerator(_generator(options, info, encoder), encoder, info.edges)
    INITIALISATIONS[options.initialisation](G)
    return G


def build_discriminator(options: TrainOptions, info: DatasetInfo) -> Discriminator:
    """The discriminator."""
    known = {"classes": len(info.label_set), "edges": info.edges}
    D = made(DISCRIMINATORS[options.discriminator.name], options.discriminator, known)
    INITIALISATIONS[options.initialisation](D)
    return D


def build_encoder(options: Any, info: DatasetInfo) -> Encoder | None:
    """The encoder, or None where there is none."""
    if options.name == "none":
        return None
    return made(ENCODERS[options.name], options, {"classes": len(info.label_set)})


def _generator(options: TrainOptions, info: DatasetInfo, encoder: Encoder | None) -> Generator:
    chosen, classes = options.generator, len(info.label_set)
    known: dict[str, Any] = {"classes": classes, "edges": info.edges}
    if options.norm.name != "none":
        norm = NORMS[options.norm.name]
        plain = NoisySpade if norm is Sean else norm  # SEAN's last block takes no style, as published
        known["norm"] = norm_factory(norm, options.norm, info, encoder)
        known["plain_norm"] = norm_factory(plain, options.norm, info, encoder)
        known["stem"] = _stem(options, info, encoder)
        known["label_channels"] = classes + info.edges if getattr(chosen, "concat_labels", False) else 0
    return made(GENERATORS[chosen.name], chosen, known)


def _stem(options: TrainOptions, info: DatasetInfo, encoder: Encoder | None) -> nn.Module:
    """Where the SPADE generator starts: the label map or, where norms take no style, the style code."""
    chosen, channels = options.generator, 16 * options.generator.width
    one_style = encoder is not None and len(encoder.code_shape) == 1
    if one_style and NORMS[options.norm.name].styles == "none":  # as in SPADE's VAE
        multiple, _ = chosen.size_multiple()
        size = (options.dataset.height // multiple, options.dataset.width // multiple)
        return StyleStem(options.encoder.style_width, channels, size)
    return LabelStem(len(info.label_set), channels, info.edges)


def norm_factory(
    norm: type[ConditionalNorm], options: Any, info: DatasetInfo, encoder: Encoder | None
) -> NormFactory:
    """Channels in, norm out."""
    known = {
        "classes": len(info.label_set),
        "edges": info.edges,
        "style_count": len(info.styles),
        "style_width": getattr(encoder, "style_width", None),
    }
    statistics = None if options.statistics == "default" else options.statistics
    standardise = statistics_for(options.name, statistics)
    return lambda channels: made(
        norm, options, known | {"channels": channels, "standardise": standardise(channels)}
    )


def made(constructor: Callable[..., Made], options: Any, known: dict[str, Any]) -> Made:
    """Calls a constructor with what it names: of the known values, and of the options as plain values."""
    named = inspect.signature(constructor).parameters
    values = known | {entry.name: getattr(options, entry.name) for entry in fields(options)}
    return constructor(**{name: value for name, value in values.items() if name in named})
