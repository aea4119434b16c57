"""The residual block of the SPADE generator (Park et al. 2019, figure 4)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.condition import Condition, upsample
from models.kernels.conv import Conv2d
from models.kernels.upsample_norm_act import upsample_norm_act
from models.layers.spectral_norm import SpectralConv2d
from models.norms.norm import NormFactory

SLOPE = 0.2


class ResidualBlock(nn.Module):
    """x + dx with dx = conv(act(norm(conv(act(norm(x)))))); the norms see the condition.

    Where the width changes the shortcut has a norm and a 1x1 convolution of its own, without bias and
    without activation.

    `label_channels` of the one-hot label map (its classes and its edges) are concatenated to the input of
    every convolution: how norms that do not see labels get them at every stage (a baseline of Park et al.
    2019, section 4). 0 leaves them out.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        norm: NormFactory,
        spectral: bool = True,
        label_channels: int = 0,
    ) -> None:
        super().__init__()
        self.label_channels = label_channels

        def conv(channels_in: int, channels_out: int, kernel_size: int, bias: bool = True) -> nn.Module:
            channels_in += label_channels
            kind = SpectralConv2d if spectral else Conv2d
            return kind(channels_in, channels_out, kernel_size, padding=kernel_size // 2, bias=bias)

        middle = min(in_channels, out_channels)
        self.norm_0 = norm(in_channels)
        self.conv_0 = conv(in_channels, middle, 3)
        self.norm_1 = norm(middle)
        self.conv_1 = conv(middle, out_channels, 3)
        self.learned_shortcut = in_channels != out_channels
        if self.learned_shortcut:
            self.norm_s = norm(in_channels)
            self.conv_s = conv(in_channels, out_channels, 1, bias=False)
        if label_channels:
            self.class_channels = {"conv_0.weight": (1, in_channels), "conv_1.weight": (1, middle)}
            self.class_channels |= {"conv_s.weight": (1, in_channels)} if self.learned_shortcut else {}

    def forward(self, x: Tensor, condition: Condition, size: tuple[int, int] | None = None) -> Tensor:
        """Feature maps (B, C_in, H, W) to (B, C_out, *size).

        `size`: the input's own by default; where it is a whole number of times larger, the norms up-sample by
        nearest on the way.
        """
        size = (x.shape[-2], x.shape[-1]) if size is None else size
        dx = self.conv_0(self._labelled(upsample_norm_act(self.norm_0, x, condition, SLOPE, size), condition))
        dx = self.conv_1(
            self._labelled(upsample_norm_act(self.norm_1, dx, condition, SLOPE, size), condition)
        )
        if not self.learned_shortcut:
            return upsample(x, size) + dx
        shortcut = upsample_norm_act(self.norm_s, x, condition, None, size)
        return self.conv_s(self._labelled(shortcut, condition)) + dx

    def _labelled(self, x: Tensor, condition: Condition) -> Tensor:
        """Feature maps (B, C, H, W) with the label map's channels after them where they are wanted."""
        if not self.label_channels:
            return x
        condition = condition.at((x.shape[-2], x.shape[-1]))
        classes = self.label_channels - (condition.edges is not None)
        return torch.cat([x, condition.one_hot(classes, like=x)], dim=1)  # (B, C + label_channels, H, W)
