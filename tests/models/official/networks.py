"""An official release as our networks, in eval mode, built from nothing but the facts it was found to be."""

from __future__ import annotations

from torch import nn

from models.conditional_generator import ConditionalGenerator
from models.discriminators.multiscale import MultiscaleDiscriminator
from models.encoders.encoder import Encoder
from models.encoders.image import ImageEncoder
from models.encoders.region_style import RegionStyleEncoder
from models.generators import Pix2pixHDGenerator, SpadeGenerator
from models.generators.spade import LabelStem, StyleStem
from models.norms import STATISTICS, ConditionalNorm, NoisySpade, NormFactory
from models.norms.sean import Sean
from models.norms.spade import Spade
from models.official import (
    ImageEncoderArchitecture,
    OfficialRelease,
    Pix2pixHDArchitecture,
    SpadeArchitecture,
)


def G(release: OfficialRelease) -> ConditionalGenerator:
    """Generator and encoder, their tensors loaded strictly."""
    made = generator(release.generator)
    made.load_state_dict(release.generator_state)
    maker = encoder(release)
    return ConditionalGenerator(made, maker, release.generator.edges).eval()


def generator(facts: SpadeArchitecture | Pix2pixHDArchitecture) -> nn.Module:
    if isinstance(facts, Pix2pixHDArchitecture):
        return Pix2pixHDGenerator(**vars(facts))
    stem: nn.Module = LabelStem(facts.classes, 16 * facts.width, facts.edges)
    if facts.stem_size is not None:
        stem = StyleStem(facts.style_width, 16 * facts.width, facts.stem_size)
    plain = norms(facts, NoisySpade if facts.norm == "sean" else Spade)
    return SpadeGenerator(
        stem,
        norm=norms(facts, Sean) if facts.norm == "sean" else plain,
        plain_norm=plain,
        width=facts.width,
        upsampling=facts.upsampling,
        spectral=facts.spectral,
    )


def norms(facts: SpadeArchitecture, kind: type[Spade]) -> NormFactory:
    options = {"kernel_size": facts.kernel_size, "hidden": facts.hidden, "edges": facts.edges}
    if kind is Sean:
        options["style_width"] = facts.style_width
        options["style_kernel_size"] = facts.style_kernel_size

    def norm(channels: int) -> ConditionalNorm:
        return kind(channels, STATISTICS[facts.statistics](channels), facts.classes, **options)

    return norm


def encoder(release: OfficialRelease) -> Encoder | None:
    if release.encoder is None:
        return None
    kind = ImageEncoder if isinstance(release.encoder, ImageEncoderArchitecture) else RegionStyleEncoder
    made = kind(**vars(release.encoder))
    made.load_state_dict(release.encoder_state)
    return made.eval()


def discriminator(release: OfficialRelease) -> MultiscaleDiscriminator:
    made = MultiscaleDiscriminator(**vars(release.discriminator))
    made.load_state_dict(release.discriminator_state)
    return made.eval()
