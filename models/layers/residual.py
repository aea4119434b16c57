"""The residual block of the SPADE generator (Park et al. 2019, figure 4)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from models.condition import Condition
from models.norms.norm import NormFactory

SLOPE = 0.2


class ResidualBlock(nn.Module):
    """x + dx with dx = conv(act(norm(conv(act(norm(x)))))); the norms see the condition.

    Where the width changes the shortcut has a norm and a 1x1 convolution of its own, without bias and
    without activation.
    """

    def __init__(self, in_channels: int, out_channels: int, norm: NormFactory, spectral: bool = True) -> None:
        super().__init__()

        def conv(channels_in: int, channels_out: int, kernel_size: int, bias: bool = True) -> nn.Module:
            layer = nn.Conv2d(channels_in, channels_out, kernel_size, padding=kernel_size // 2, bias=bias)
            return spectral_norm(layer) if spectral else layer

        middle = min(in_channels, out_channels)
        self.norm_0 = norm(in_channels)
        self.conv_0 = conv(in_channels, middle, 3)
        self.norm_1 = norm(middle)
        self.conv_1 = conv(middle, out_channels, 3)
        self.learned_shortcut = in_channels != out_channels
        if self.learned_shortcut:
            self.norm_s = norm(in_channels)
            self.conv_s = conv(in_channels, out_channels, 1, bias=False)

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        """Feature maps (B, C_in, H, W) to (B, C_out, H, W)."""
        dx = self.conv_0(F.leaky_relu(self.norm_0(x, condition), SLOPE))
        dx = self.conv_1(F.leaky_relu(self.norm_1(dx, condition), SLOPE))
        shortcut = self.conv_s(self.norm_s(x, condition)) if self.learned_shortcut else x
        return shortcut + dx
