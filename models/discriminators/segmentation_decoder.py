"""The decoder of a discriminator that segments: feature maps of an encoder to classes of each pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import upsample
from models.kernels.conv import Conv2d
from models.layers.spectral_norm import SpectralConv2d

SLOPE = 0.2


def conv(in_channels: int, out_channels: int, kernel_size: int, spectral: bool) -> nn.Module:
    """A convolution that keeps the size, spectrally normalised where `spectral` says so."""
    kind = SpectralConv2d if spectral else Conv2d
    return kind(in_channels, out_channels, kernel_size, padding=kernel_size // 2)


class UpBlock(nn.Module):
    """Residual block that up-samples by nearest neighbour (Schönfeld et al. 2021, appendix B)."""

    def __init__(self, in_channels: int, out_channels: int, spectral: bool) -> None:
        super().__init__()
        self.conv_0 = conv(in_channels, out_channels, 3, spectral)
        self.conv_1 = conv(out_channels, out_channels, 3, spectral)
        self.shortcut = (
            nn.Identity() if in_channels == out_channels else conv(in_channels, out_channels, 1, spectral)
        )

    def forward(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        """Feature maps (B, C_in, h, w) to (B, C_out, *size)."""
        dx = self.conv_0(upsample(F.leaky_relu(x, SLOPE), size))
        dx = self.conv_1(F.leaky_relu(dx, SLOPE))
        # A 1x1 convolution before up-sampling is the same as after it, at a quarter of the cost.
        return upsample(self.shortcut(x), size) + dx


class SegmentationDecoder(nn.Module):
    """Up-samples an encoder's deepest map to the image's size, joined with the shallower maps on the way.

    `channels` of the encoder's maps, shallow to deep, each half the size of the one before; the shallowest
    has `first_stride`, a power of two. `widths` of the blocks, deep to shallow, one for each doubling from
    the deepest map to the image. `outputs`: logits a pixel, of fake and of each class; their convolution has
    no spectral norm.
    """

    class_channels: ClassVar = {"to_logits.weight": (0, 1), "to_logits.bias": (0, 1)}

    def __init__(
        self,
        channels: Sequence[int],
        widths: Sequence[int],
        outputs: int,
        first_stride: int = 2,
        spectral: bool = True,
    ) -> None:
        super().__init__()
        doublings = len(channels) - 1 + first_stride.bit_length() - 1
        assert len(widths) == doublings, f"{doublings} doublings need as many widths, not {len(widths)}"
        # Of the map that joins before each block; beyond the shallowest none does.
        skips = [0, *reversed(channels[:-1]), *[0] * doublings][:doublings]
        inputs = [channels[-1], *widths[:-1]]
        self.blocks = nn.ModuleList(
            UpBlock(before + skip, after, spectral)
            for before, skip, after in zip(inputs, skips, widths, strict=True)
        )
        self.to_logits = Conv2d(widths[-1], outputs, 1)

    def forward(self, maps: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
        """Maps (B, channels[i], h_i, w_i), shallow to deep, to logits (B, outputs, *size)."""
        *skips, x = maps
        beyond = [2**k for k in reversed(range(len(self.blocks) - len(skips)))]  # strides without a map
        sizes = [(skip.shape[-2], skip.shape[-1]) for skip in reversed(skips)]
        sizes += [(-(-size[0] // stride), -(-size[1] // stride)) for stride in beyond]
        for index, (block, target) in enumerate(zip(self.blocks, sizes, strict=True)):
            if 0 < index <= len(skips):
                x = torch.cat([skips[-index], x], dim=1)
            x = block(x, target)
        return self.to_logits(x)
