from __future__ import annotations

import torch
from torch import nn

from models.kernels.conv import GammaBetaConv2d


def test_is_two_convolutions_gamma_first() -> None:
    pair = GammaBetaConv2d(3, 4, kernel_size=3, padding=1)
    x = torch.randn(2, 3, 5, 6)
    for half, part in enumerate(pair(x).chunk(2, dim=1)):
        conv = nn.Conv2d(3, 4, 3, padding=1)
        conv.weight.data = pair.weight.data[4 * half : 4 * (half + 1)]
        conv.bias.data = pair.bias.data[4 * half : 4 * (half + 1)]
        assert torch.allclose(part, conv(x), atol=1e-6)
