"""From options to networks, freshly initialised; classes come from the tables in models/."""

from __future__ import annotations

from typing import Any

from torch import nn

from data.dataset_info import DatasetInfo
from models.conditional_generator import ConditionalGenerator
from models.discriminators import DISCRIMINATORS, Discriminator, ProjectedDiscriminator
from models.discriminators.with_projected import DiscriminatorWithProjected
from models.encoders import ENCODERS, Encoder
from models.generators import GENERATORS, Generator
from models.generators.spade import LabelStem, StyleStem
from models.layers.initialisation import INITIALISATIONS, xavier
from models.layers.spectral_norm import settle_spectral_norms
from models.norms import NORMS, ConditionalNorm, NormFactory, statistics_for
from models.pretrained.frozen_features import FrozenFeatures
from options.build import construct
from options.schema.networks import ProjectedOptions
from options.schema.training import TrainOptions


def build_generator(options: TrainOptions, info: DatasetInfo) -> ConditionalGenerator:
    """The generator with its encoder."""
    encoder = None
    if options.encoder.name != "none":
        encoder = construct(ENCODERS[options.encoder.name], options.encoder, **known_of(info))
    G = ConditionalGenerator(_generator(options, info, encoder), encoder, info.edges)
    INITIALISATIONS[options.initialisation](G)
    return G


def build_discriminator(options: TrainOptions, info: DatasetInfo) -> Discriminator:
    """The discriminator."""
    chosen, dataset = options.discriminator, options.dataset
    scale = options.generator.largest_scale()
    known = known_of(info) | {"size": (dataset.height // scale, dataset.width // scale)}
    if hasattr(chosen, "encoder"):
        known["features"] = FrozenFeatures(chosen.encoder, chosen.encoder_weights)
        known["features"].check_size(known["size"])
    D = construct(DISCRIMINATORS[chosen.name], chosen, **known)
    _initialise(D, chosen, options.initialisation)
    if options.loss.projected:
        usual = ProjectedOptions()
        heads = ProjectedDiscriminator(known.get("features") or FrozenFeatures(usual.encoder), usual.width)
        _initialise(heads, usual, options.initialisation)
        D = DiscriminatorWithProjected(D, heads)
    return D


def _initialise(D: Discriminator, options: Any, initialisation: str) -> None:
    gain = getattr(options, "initial_gain", None)
    if gain is None:
        INITIALISATIONS[initialisation](D)
        return
    xavier(D, gain)
    # Without a norm in between, vectors of other weights would multiply the logits by thousands.
    settle_spectral_norms(D)


def known_of(info: DatasetInfo) -> dict[str, Any]:
    """What constructors may ask of the data set: `unknown` is the id of the unknown class, or None."""
    return {"classes": len(info.label_set), "edges": info.edges, "unknown": info.label_set.unknown}


def _generator(options: TrainOptions, info: DatasetInfo, encoder: Encoder | None) -> Generator:
    chosen, known = options.generator, known_of(info)
    noise_width = getattr(chosen, "noise", 0)
    if options.norm.name != "none":
        norm = NORMS[options.norm.name]
        known["norm"] = norm_factory(norm, options.norm, info, encoder, noise_width)
        known["plain_norm"] = norm_factory(norm.plain or norm, options.norm, info, encoder, noise_width)
        known["stem"] = _stem(options, info, encoder)
        known["label_channels"] = (
            known["classes"] + info.edges if getattr(chosen, "concat_labels", False) else 0
        )
    return construct(GENERATORS[chosen.name], chosen, **known)


def _stem(options: TrainOptions, info: DatasetInfo, encoder: Encoder | None) -> nn.Module:
    """Where the SPADE generator starts: the label map or, where norms take no style, the style code."""
    chosen, channels = options.generator, 16 * options.generator.width
    one_style = encoder is not None and len(encoder.code_shape) == 1
    if one_style and NORMS[options.norm.name].styles == "none":  # as in SPADE's VAE
        multiple, _ = chosen.size_multiple()
        size = (options.dataset.height // multiple, options.dataset.width // multiple)
        return StyleStem(options.encoder.style_width, channels, size)
    return LabelStem(len(info.label_set), channels, info.edges, getattr(chosen, "noise", 0))


def norm_factory(
    norm: type[ConditionalNorm],
    options: Any,
    info: DatasetInfo,
    encoder: Encoder | None,
    noise_width: int = 0,
) -> NormFactory:
    """Channels in, norm out."""
    known = known_of(info) | {
        "style_count": len(info.styles),
        "style_width": getattr(encoder, "style_width", None),
        "noise_width": noise_width,
    }
    statistics = None if options.statistics == "default" else options.statistics
    standardise = statistics_for(options.name, statistics)
    return lambda channels: construct(
        norm, options, **known, channels=channels, standardise=standardise(channels)
    )
