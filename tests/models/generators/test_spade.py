"""The SPADE generator: its sizes, its widths, and the label map concatenated at every stage.

(The numbers themselves: `tests/models/official`, against golden results and a slow reference.)
"""

from __future__ import annotations

import pytest
import torch
from torch import nn

from models.condition import Condition
from models.generators import GENERATORS, Generator, SpadeGenerator
from models.generators.spade import LabelStem, StyleStem
from models.norms import ConditionalNorm, statistics_for
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
