"""The multiscale patch discriminator (Wang et al. 2018, section 3.2; Park et al. 2019, appendix A)."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

from models.discriminators.augmentation import LabelChannels
from models.layers.normed_conv import NormedConv

SLOPE = 0.2
KERNEL = 4
PADDING = 2
WIDEST = 512


class DiscriminatorOutput(NamedTuple):
    """One scale's answer: `logits` (B, 1, h, w) a patch; `features`, the maps of the hidden layers."""

    logits: Tensor
    features: list[Tensor]

    def split(self) -> tuple[DiscriminatorOutput, DiscriminatorOutput]:
        """The first half of the batch and the second."""
        first, second = self.logits.chunk(2)
        halves = [feature.chunk(2) for feature in self.features]
        return (
            DiscriminatorOutput(first, [half[0] for half in halves]),
            DiscriminatorOutput(second, [half[1] for half in halves]),
        )


class HiddenLayer(NormedConv):
    """Convolution, norm, leaky ReLU."""

    def __init__(
        self, in_channels: int, out_channels: int, stride: int, norm: str = "instance", spectral: bool = True
    ) -> None:
        super().__init__(nn.Conv2d(in_channels, out_channels, KERNEL, stride, PADDING), norm, spectral)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(super().forward(x), SLOPE)


class PatchDiscriminator(nn.Module):
    """Convolutions of stride 2, widths doubling to 512; the last hidden one and the logits have stride 1.

    Four layers judge patches of 70x70 pixels, as in pix2pix (Isola et al. 2017, appendix 6.1.2).
    """

    def __init__(
        self, in_channels: int, width: int, layers: int, norm: str = "instance", spectral: bool = True
    ) -> None:
        super().__init__()
        self.first = nn.Conv2d(in_channels, width, KERNEL, stride=2, padding=PADDING)
        widths = [min(width * 2**index, WIDEST) for index in range(layers)]
        self.hidden = nn.ModuleList(
            HiddenLayer(channels_in, channels_out, 1 if index == layers - 2 else 2, norm, spectral)
            for index, (channels_in, channels_out) in enumerate(pairwise(widths))
        )
        self.to_logits = nn.Conv2d(widths[-1], 1, KERNEL, padding=PADDING)

    def forward(self, images: Tensor, maps: Tensor) -> DiscriminatorOutput:
        """`images` (n B, 3, H, W): n images for each of the label maps `maps` (B, K, H, W)."""
        # The first convolution is linear, so the share of the label maps is computed once for all n.
        labels_weight, image_weight = self.first.weight.split([maps.shape[1], images.shape[1]], dim=1)
        share = F.conv2d(maps, labels_weight, self.first.bias, stride=2, padding=PADDING)  # (B, C, h, w)
        x = F.conv2d(images, image_weight, stride=2, padding=PADDING)  # (n B, C, h, w)
        x = F.leaky_relu(x + share.repeat(len(images) // len(maps), 1, 1, 1), SLOPE)
        features = [x]
        for layer in self.hidden:
            x = layer(x)
            features.append(x)
        return DiscriminatorOutput(self.to_logits(x), features)


class MultiscaleDiscriminator(nn.Module):
    """Patch discriminators on the image with its label map, at full size, halved, and so on.

    Halving is average pooling 3/2/1 that does not count padding. pix2pix's single patch discriminator is
    `scales=1, norm="instance_affine", spectral=False`.
    """

    def __init__(
        self,
        classes: int,
        edges: bool = False,
        width: int = 64,
        layers: int = 4,
        scales: int = 2,
        norm: str = "instance",
        spectral: bool = True,
    ) -> None:
        super().__init__()
        self.classes = classes
        self.scales = nn.ModuleList(
            PatchDiscriminator(classes + edges + 3, width, layers, norm, spectral) for _ in range(scales)
        )

    def forward(self, images: Tensor, condition: LabelChannels) -> list[DiscriminatorOutput]:
        """One output a scale. `images` (n B, 3, H, W) hold n images for each of B conditions, in turn."""
        maps = condition.one_hot(self.classes, like=images)  # (B, K, H, W)
        outputs = []
        for index, scale in enumerate(self.scales):
            if index:
                images, maps = halve(images), halve(maps)
            outputs.append(scale(images, maps))
        return outputs


def halve(maps: Tensor) -> Tensor:
    """Maps (B, C, H, W) at half the size."""
    return F.avg_pool2d(maps, 3, stride=2, padding=1, count_include_pad=False)


def judge(
    discriminator: nn.Module, fake: Tensor, real: Tensor, condition: LabelChannels
) -> tuple[list[DiscriminatorOutput], list[DiscriminatorOutput]]:
    """What a discriminator says of fake and real images (B, 3, H, W), seen in one batch, fake first."""
    outputs = [output.split() for output in discriminator(torch.cat([fake, real]), condition)]
    return [fakes for fakes, _ in outputs], [reals for _, reals in outputs]


def judge_fake(
    discriminator: nn.Module, fake: Tensor, real: Tensor, condition: LabelChannels
) -> tuple[list[DiscriminatorOutput], list[DiscriminatorOutput]]:
    """The same answers where only the fake images need a gradient: real ones are seen without one.

    Under instance norm samples do not look at each other, so one batch or two are the same; both see the
    same weights, spectrally normalised once. Under batch norm they stay one batch.
    """
    if any(isinstance(module, nn.BatchNorm2d) for module in discriminator.modules()):
        return judge(discriminator, fake, real, condition)
    with parametrize.cached():
        fakes = discriminator(fake, condition)
        with torch.no_grad():
            reals = discriminator(real, condition)
    return fakes, reals
