"""OASIS's discriminator: a U-Net that segments the image it sees (Schönfeld et al. 2021, section 3.1)."""

from __future__ import annotations

from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition
from models.discriminators.base import Discriminator, DiscriminatorOutput
from models.discriminators.segmentation_decoder import SLOPE, SegmentationDecoder, conv

WIDTHS = (2, 2, 4, 4, 8, 8)
"""Of the encoder's levels, in multiples of the width; the paper's six at width 64."""


class DownBlock(nn.Module):
    """Residual block that halves the size by average pooling; the first of a network has no activation."""

    def __init__(self, in_channels: int, out_channels: int, spectral: bool, first: bool = False) -> None:
        super().__init__()
        self.first = first
        self.conv_0 = conv(in_channels, out_channels, 3, spectral)
        self.conv_1 = conv(out_channels, out_channels, 3, spectral)
        self.shortcut = (
            nn.Identity() if in_channels == out_channels else conv(in_channels, out_channels, 1, spectral)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps (B, C_in, H, W) to (B, C_out, H/2, W/2)."""
        dx = self.conv_0(x if self.first else F.leaky_relu(x, SLOPE))
        dx = F.avg_pool2d(self.conv_1(F.leaky_relu(dx, SLOPE)), 2)
        # Pooling before a 1x1 convolution is the same as after it, at a quarter of the cost.
        return self.shortcut(F.avg_pool2d(x, 2)) + dx


class OasisDiscriminator(Discriminator):
    """Classifies each pixel of an image as fake, or as one of the classes; it does not see the label map.

    Logits (B, 1 + classes, H, W): channel 0 is fake, channel c + 1 is class c (the unknown class has one too,
    which no target names). `width`: 64 in the paper; `levels`: halvings, 6 in the paper, or None for the
    most, up to 6, that divide images of `size` (height, width). No norm but the weights' spectral one.
    """

    objective: ClassVar[str] = "segmentation"
    logits: ClassVar[str] = "classes"
    has_features: ClassVar[bool] = False

    def __init__(
        self,
        classes: int,
        size: tuple[int, int],
        width: int = 64,
        levels: int | None = None,
        spectral: bool = True,
    ) -> None:
        super().__init__()
        levels = levels or most_levels(size)
        self.multiple = 2**levels
        widths = [multiple * width for multiple in WIDTHS[:levels]]
        self.encoder = nn.ModuleList(
            DownBlock(before, after, spectral, first=index == 0)
            for index, (before, after) in enumerate(zip([3, *widths], widths))
        )
        self.decoder = SegmentationDecoder(
            widths, [*reversed(widths[:-1]), width], classes + 1, spectral=spectral
        )

    def forward(self, images: Tensor, condition: Condition) -> list[DiscriminatorOutput]:
        """One output of full size."""
        maps, x = [], images
        for block in self.encoder:
            x = block(x)
            maps.append(x)
        return [DiscriminatorOutput(self.decoder(maps, (images.shape[-2], images.shape[-1])), [])]


def most_levels(size: tuple[int, int]) -> int:
    """How often both sides can be halved, at most 6 times."""
    divisible = [levels for levels in range(1, len(WIDTHS) + 1) if not any(side % 2**levels for side in size)]
    return max(divisible, default=1)
