"""What a test of refusals asserts: one line, with the parts that name the fault."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models.official import OfficialRelease, read_release
from options.build.networks import build_discriminator, build_generator
from scripts.import_official import run_options


def refused(folder: Path, *parts: str, **options: object) -> None:
    with pytest.raises(ValueError) as error:
        states(read_release(folder, options))
    message = str(error.value)
    assert "\n" not in message
    for part in parts:
        assert part in message, message


def states(release: OfficialRelease) -> None:
    """Every tensor under our names."""
    with torch.device("meta"):
        made = run_options(release, "x")
        release.generator_state(build_generator(*made))
        release.discriminator_state(build_discriminator(*made))
