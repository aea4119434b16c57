"""An official release as our networks, in eval mode, built from the options that its run would have."""

from __future__ import annotations

from torch import nn

from models.conditional_generator import ConditionalGenerator
from models.official import OfficialRelease
from options.build.networks import build_discriminator, build_generator
from scripts.import_official import run_options


def G(release: OfficialRelease) -> ConditionalGenerator:
    """Generator and encoder, their tensors loaded strictly."""
    made = build_generator(*run_options(release, "x"))
    made.load_state_dict(release.generator_state(made))
    return made.eval()


def discriminator(release: OfficialRelease) -> nn.Module:
    made = build_discriminator(*run_options(release, "x"))
    made.load_state_dict(release.discriminator_state(made))
    return made.eval()
