"""The multiscale patch discriminator (Wang et al. 2018, section 3.2; Park et al. 2019, appendix A)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

from models.condition import Condition
from models.discriminators.diffaugment import LabelChannels
from models.kernels.conv import Conv2d, convolve
from models.kernels.discriminator_patch_index import (
    KERNEL,
    PADDING,
    POOL,
    POOL_PADDING,
    POOL_STRIDE,
    STRIDE,
    DiscriminatorPatchIndex,
)
from models.kernels.dispatch import Costs, is_indexed, window_costs
from models.kernels.indexed_conv import id_table
from models.layers.normed_conv import NormedConv

SLOPE = 0.2
SETTINGS = (STRIDE, STRIDE), (PADDING, PADDING)
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
        super().__init__(Conv2d(in_channels, out_channels, KERNEL, stride, PADDING), norm, spectral)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(super().forward(x), SLOPE)


class PatchDiscriminator(nn.Module):
    """Convolutions of stride 2, widths doubling to 512; the last hidden one and the logits have stride 1.

    Four layers discriminate patches of 70x70 pixels, as in pix2pix (Isola et al. 2017, appendix 6.1.2).
    """

    def __init__(
        self, in_channels: int, width: int, layers: int, norm: str = "instance", spectral: bool = True
    ) -> None:
        super().__init__()
        self.first = Conv2d(in_channels, width, KERNEL, STRIDE, PADDING)
        widths = [min(width * 2**index, WIDEST) for index in range(layers)]
        self.hidden = nn.ModuleList(
            HiddenLayer(channels_in, channels_out, 1 if index == layers - 2 else 2, norm, spectral)
            for index, (channels_in, channels_out) in enumerate(pairwise(widths))
        )
        self.to_logits = Conv2d(widths[-1], 1, KERNEL, padding=PADDING)

    def forward(self, images: Tensor, share: Tensor) -> DiscriminatorOutput:
        """`images` (n B, 3, H, W): n for each of B label maps, whose share of the first layer is given."""
        x = convolve(images, self.first.weight[:, -images.shape[1] :], None, *SETTINGS)  # (n B, C, h, w)
        x = F.leaky_relu(x + share.repeat(len(images) // len(share), 1, 1, 1), SLOPE)
        features = [x]
        for layer in self.hidden:
            x = layer(x)
            features.append(x)
        return DiscriminatorOutput(self.to_logits(x), features)

    def share_of(self, maps: Tensor) -> Tensor:
        """What the first layer, which is linear, makes of one-hot label maps (B, K, H, W): (B, C, h, w)."""
        return convolve(maps, self.first.weight[:, : maps.shape[1]], self.first.bias, *SETTINGS)

    def share_of_ids(self, index: DiscriminatorPatchIndex, classes: int, edges: bool, like: Tensor) -> Tensor:
        """The same of the ids whose windows these are, once for each distinct one; `like`'s type."""
        weight = self.first.weight[:, : classes + edges]
        return index.convolved(id_table(weight, classes, edges), self.first.bias).to(like.dtype)


class MultiscaleDiscriminator(nn.Module):
    """Patch discriminators on the image with its label map, at full size, halved, and so on.

    Halving is average pooling 3/2/1 that does not count padding. pix2pix's single patch discriminator is
    `scales=1, norm="instance_affine", spectral=False`. `implementation`: how the label map's share of the
    first layers is computed, with the same result: `dense`, `indexed` (once for each distinct window) or
    `auto`.
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
        implementation: str = "auto",
    ) -> None:
        super().__init__()
        self.classes = classes
        self.implementation = implementation
        self.scales = nn.ModuleList(
            PatchDiscriminator(classes + edges + 3, width, layers, norm, spectral) for _ in range(scales)
        )

    def forward(self, images: Tensor, condition: LabelChannels) -> list[DiscriminatorOutput]:
        """One output a scale. `images` (n B, 3, H, W) hold n images for each of B conditions, in turn."""
        outputs = []
        for index, (scale, share) in enumerate(
            zip(self.scales, self._shares(condition, images), strict=True)
        ):
            images = halve(images) if index else images
            outputs.append(scale(images, share))
        return outputs

    def _shares(self, condition: LabelChannels, like: Tensor) -> Iterator[Tensor]:
        """The label map's share of each scale's first layer, (B, C, h, w)."""
        # Label maps that an augmentation has changed are known by their channels alone.
        if isinstance(condition, Condition) and self._is_indexed(condition):
            has_edges = condition.edges is not None
            windows = condition.discriminator_patch_index(self.classes, len(self.scales))
            for scale, discriminator_patch_index in zip(self._patches(), windows, strict=True):
                yield scale.share_of_ids(discriminator_patch_index, self.classes, has_edges, like)
            return
        maps = condition.one_hot(self.classes, like)  # (B, K, H, W)
        for index, scale in enumerate(self._patches()):
            maps = halve(maps) if index else maps
            yield scale.share_of(maps)

    def _is_indexed(self, condition: Condition) -> bool:
        def costs() -> Costs:
            windows = condition.discriminator_patch_index(self.classes, len(self.scales))
            inputs = self.classes + (condition.edges is not None)
            return window_costs(windows, inputs, self._patches()[0].first.out_channels)

        return is_indexed(self.implementation, condition.labels, costs)

    def _patches(self) -> list[PatchDiscriminator]:
        return [scale for scale in self.scales if isinstance(scale, PatchDiscriminator)]


def halve(maps: Tensor) -> Tensor:
    """Maps (B, C, H, W) at half the size."""
    return F.avg_pool2d(maps, POOL, POOL_STRIDE, POOL_PADDING, count_include_pad=False)


def discriminate(
    discriminator: nn.Module, fake: Tensor, real: Tensor, condition: LabelChannels
) -> tuple[list[DiscriminatorOutput], list[DiscriminatorOutput]]:
    """What a discriminator says of fake and real images (B, 3, H, W), seen in one batch, fake first."""
    outputs = [output.split() for output in discriminator(torch.cat([fake, real]), condition)]
    return [fakes for fakes, _ in outputs], [reals for _, reals in outputs]


def discriminate_fake(
    discriminator: nn.Module, fake: Tensor, real: Tensor, condition: LabelChannels
) -> tuple[list[DiscriminatorOutput], list[DiscriminatorOutput]]:
    """The same answers where only the fake images need a gradient: real ones are seen without one.

    Under instance norm samples do not look at each other, so one batch or two are the same; both see the
    same weights, spectrally normalised once. Under batch norm they stay one batch.
    """
    if any(isinstance(module, nn.BatchNorm2d) for module in discriminator.modules()):
        return discriminate(discriminator, fake, real, condition)
    with parametrize.cached():
        fakes = discriminator(fake, condition)
        with torch.no_grad():
            reals = discriminator(real, condition)
    return fakes, reals
