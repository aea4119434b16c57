"""The residual block against the same written plainly."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from models.condition import Condition
from models.layers.residual import ResidualBlock
from models.norms import ConditionalNorm, statistics_for
from models.norms.spade import Spade

CLASSES = 3


def spade(channels: int) -> ConditionalNorm:
    return Spade(channels, statistics_for("spade", "instance")(channels), CLASSES, hidden=4)


def kernel(conv: torch.nn.Module, spectral: bool) -> Tensor:
    """The weight, divided by its largest singular value where spectral norm says so."""
    if not spectral:
        return conv.weight
    weight = conv.parametrizations.weight.original
    return weight / torch.linalg.matrix_norm(weight.flatten(1), ord=2)


def settle(block: ResidualBlock, forward: Callable[[], Tensor]) -> None:
    """Power iterations until the estimates of the largest singular values stand still."""
    for _ in range(300):
        forward()
    block.eval()


@pytest.mark.parametrize("spectral", [True, False])
@pytest.mark.parametrize("out_channels", [6, 4, 8])
@pytest.mark.parametrize("label_channels", [0, CLASSES])
def test_agrees_with_the_plain_form(out_channels: int, spectral: bool, label_channels: int) -> None:
    torch.manual_seed(0)
    block = ResidualBlock(6, out_channels, spade, spectral, label_channels).double()
    x, seen = torch.randn(2, 6, 5, 7, dtype=torch.float64), Condition(torch.randint(CLASSES, (2, 10, 14)))
    with torch.no_grad():
        settle(block, lambda: block(x, seen))
        one_hot = F.one_hot(seen.labels[:, ::2, ::2], CLASSES).permute(0, 3, 1, 2).double()

        def labelled(maps: Tensor) -> Tensor:
            return torch.cat([maps, one_hot], 1) if label_channels else maps

        dx = labelled(F.leaky_relu(block.norm_0(x, seen), 0.2))
        dx = F.conv2d(dx, kernel(block.conv_0, spectral), block.conv_0.bias, padding=1)
        dx = labelled(F.leaky_relu(block.norm_1(dx, seen), 0.2))
        dx = F.conv2d(dx, kernel(block.conv_1, spectral), block.conv_1.bias, padding=1)
        shortcut = x
        if out_channels != 6:
            shortcut = F.conv2d(labelled(block.norm_s(x, seen)), kernel(block.conv_s, spectral))
            assert block.conv_s.bias is None
        assert block(x, seen).shape == (2, out_channels, 5, 7)
        assert torch.allclose(block(x, seen), shortcut + dx, atol=1e-6)


def test_the_middle_is_as_narrow_as_the_narrower_end() -> None:
    assert ResidualBlock(6, 4, spade).norm_1.pair.out_channels == 2 * 4
    assert ResidualBlock(4, 6, spade).norm_1.pair.out_channels == 2 * 4
