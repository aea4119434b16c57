"""The SPADE generator: its sizes, its widths, and the label map concatenated at every stage.

(The numbers themselves: `tests/models/official`, against golden results and a slow reference.)
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from models.condition import Condition
from models.generators import GENERATORS, Generator, SpadeGenerator
from models.generators.spade import LabelStem, StyleStem
from models.norms import ConditionalNorm, NoisySpade, statistics_for
from models.norms.instance import InstanceNorm
from models.norms.spade import Spade

CLASSES = 3


def instance(channels: int) -> ConditionalNorm:
    return InstanceNorm(channels, statistics_for("instance")(channels))


def spade(channels: int) -> ConditionalNorm:
    return Spade(channels, statistics_for("spade", "batch")(channels), CLASSES, hidden=4)


def labels(height: int, width: int) -> torch.Tensor:
    return torch.randint(CLASSES, (2, height, width), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("upsampling", "multiple"), [("normal", 32), ("more", 64), ("most", 128)])
def test_sizes(upsampling: str, multiple: int) -> None:
    made = SpadeGenerator(LabelStem(CLASSES, 32), spade, spade, width=2, upsampling=upsampling)
    assert made.multiple == multiple
    assert made(Condition(labels(multiple, 2 * multiple))).shape == (2, 3, multiple, 2 * multiple)


def test_widths_of_the_paper() -> None:
    """Park et al. 2019, figure 15: 1024, 1024, 1024, 512, 256, 128, 64."""
    made = SpadeGenerator(LabelStem(CLASSES, 1024), instance, instance, spectral=False)
    assert [block.conv_1.out_channels for block in made.blocks] == [1024, 1024, 1024, 512, 256, 128, 64]


def test_without_the_first_block() -> None:
    """OASIS's body (Schönfeld et al. 2021): 16, 16, 8, 4, 2, 1 times the width, five doublings."""

    def noisy(channels: int) -> ConditionalNorm:
        return NoisySpade(channels, statistics_for("spade", "batch")(channels), CLASSES, hidden=4)

    made = SpadeGenerator(LabelStem(CLASSES, 32), noisy, spade, width=2, first_block=False)
    assert [block.conv_1.out_channels for block in made.blocks] == [32, 32, 16, 8, 4, 2]
    assert made.multiple == 32
    assert made(Condition(labels(32, 64))).shape == (2, 3, 32, 64)
    assert [type(block.norm_0) for block in made.blocks] == 5 * [NoisySpade] + [Spade]


def test_noise_is_given_or_drawn_or_zero() -> None:
    torch.manual_seed(0)

    def norm(channels: int) -> ConditionalNorm:
        return Spade(channels, statistics_for("spade", "batch")(channels), CLASSES, hidden=4, noise_width=5)

    made = SpadeGenerator(LabelStem(CLASSES, 32, noise_width=5), norm, norm, width=2, noise=5).eval()
    assert made.noise_width == 5 and not made.draws_noise
    seen = Condition(labels(32, 32))
    drawn = torch.randn(2, 5, generator=torch.Generator().manual_seed(7))
    with torch.no_grad():
        given, zero = made(seen.with_noise(drawn)), made(seen.with_noise(torch.zeros(2, 5)))
        assert torch.equal(made(seen), zero)
        rng = torch.Generator().manual_seed(7)
        assert torch.equal(made(replace(seen, rng=rng)), given)
        again = made(replace(seen, rng=rng))
    assert (again - given).abs().max() > 1e-3 < (zero - given).abs().max()  # new noise in every pass
    assert seen.noise is None


@pytest.mark.parametrize("edges", [True, False])
def test_labels_reach_every_stage(edges: bool) -> None:
    """Neither stem nor norms see labels here: the picture has its layout from the concatenation alone."""
    torch.manual_seed(0)
    seen = Condition(labels(64, 64), torch.rand(2, 64, 64) < 0.3 if edges else None, torch.randn(2, 5))
    other = Condition(labels(64, 64).flip(-1), seen.edges, seen.styles)

    def change(label_channels: int) -> float:
        torch.manual_seed(0)
        made = SpadeGenerator(
            StyleStem(5, 32, (2, 2)), instance, instance, width=2, label_channels=label_channels
        ).eval()
        with torch.no_grad():
            return float((made(seen) - made(other)).abs().max())

    assert change(0) == 0
    assert change(CLASSES + edges) > 0.01


def test_concatenation_widens_every_convolution_of_the_blocks() -> None:
    plain = SpadeGenerator(LabelStem(CLASSES, 32), instance, instance, width=2)
    labelled = SpadeGenerator(LabelStem(CLASSES, 32), instance, instance, width=2, label_channels=7)
    for one, other in zip(plain.blocks.modules(), labelled.blocks.modules(), strict=True):
        if isinstance(one, nn.Conv2d):
            assert other.in_channels == one.in_channels + 7
    assert labelled.to_rgb.in_channels == plain.to_rgb.in_channels


def test_the_table_holds_generators() -> None:
    assert all(issubclass(kind, Generator) for kind in GENERATORS.values())
