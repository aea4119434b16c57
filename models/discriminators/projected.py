"""Projected discriminator: patch heads on randomly mixed features of a frozen network (Sauer et al. 2021).

In the form that Hukkelås & Lindseth (2023, TriA-GAN) found to work for a conditional generator: patch heads
whose last convolution is padded, images at their own size.
"""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition
from models.discriminators.base import Discriminator, DiscriminatorOutput
from models.kernels.conv import Conv2d
from models.layers.spectral_norm import spectral_norm
from models.pretrained.frozen_features import FrozenFeatures

SLOPE = 0.2
LEVELS = 4
"""The deepest maps of the network that are looked at (Sauer et al. 2021, section 3.2)."""


class RandomMixing(nn.Module):
    """A 1x1 convolution drawn once and never trained; it is stored with the run."""

    weight: Tensor
    bias: Tensor

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        drawn = nn.Conv2d(in_channels, out_channels, 1)
        assert drawn.bias is not None
        self.register_buffer("weight", drawn.weight.detach())
        self.register_buffer("bias", drawn.bias.detach())

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps (B, C_in, H, W) to (B, C_out, H, W)."""
        return F.conv2d(x, self.weight, self.bias)


class PatchHead(nn.Module):
    """A convolution of stride 2, one of 1x1, and one that gives a logit for each patch."""

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            spectral_norm(Conv2d(in_channels, width, 4, stride=2, padding=1)),
            nn.LeakyReLU(SLOPE),
            spectral_norm(Conv2d(width, width, 1)),
            nn.LeakyReLU(SLOPE),
            spectral_norm(Conv2d(width, 1, 3, padding=1)),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Mixed maps (B, C, H, W) to logits (B, 1, H/2, W/2)."""
        return self.layers(x)


class ProjectedDiscriminator(Discriminator):
    """Discriminates by a frozen network's features, mixed across channels and scales at random.

    Section 3.2: each of the four deepest maps is projected by a random 1x1 convolution; from deep to shallow
    a map is added to what comes from below, projected again and up-sampled. A head a map gives logits; those
    of all heads are one output, (B, 1, 1, patches), so that every patch counts alike. It does not see the
    label map. `width`: of the shallowest mixed map, 64 in the paper, and of the heads.
    """

    objective: ClassVar[str] = "projected"
    has_features: ClassVar[bool] = False

    def __init__(self, features: FrozenFeatures, width: int = 64) -> None:
        super().__init__()
        self.features = features
        channels = features.channels[-LEVELS:]
        widths = [width * 2**level for level in range(len(channels))]
        self.across_channels = nn.ModuleList(map(RandomMixing, channels, widths))
        mixed = [width, *widths[:-1]]
        self.across_scales = nn.ModuleList(map(RandomMixing, widths, mixed))
        self.heads = nn.ModuleList(PatchHead(channels_in, width) for channels_in in mixed)

    def forward(self, images: Tensor, condition: Condition) -> list[DiscriminatorOutput]:
        """The output for images of any size."""
        maps = self.features(images)[-LEVELS:]
        projected = [mixing(features) for mixing, features in zip(self.across_channels, maps, strict=True)]
        sizes = [doubled(projected[0]), *(tuple(x.shape[-2:]) for x in projected[:-1])]
        x, logits = torch.zeros_like(projected[-1]), []
        for level in reversed(range(len(projected))):
            # Mixed before it is up-sampled, which is the same as after it, at a quarter of the cost.
            x = self.across_scales[level](projected[level] + x)
            x = F.interpolate(x, size=sizes[level], mode="bilinear", align_corners=True)
            logits.append(self.heads[level](x).flatten(1))
        return [DiscriminatorOutput(torch.cat(logits, dim=1)[:, None, None], [])]


def doubled(x: Tensor) -> tuple[int, int]:
    """Twice the size of maps (B, C, H, W)."""
    return 2 * x.shape[-2], 2 * x.shape[-1]
