"""The multiscale patch discriminator (Wang et al. 2018, section 3.2; Park et al. 2019, appendix A)."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition
from models.discriminators.base import Discriminator, DiscriminatorOutput
from models.kernels.conv import Conv2d, convolve
from models.kernels.discriminator_patch_index import label_features
from models.layers.normed_conv import NormedConv

KERNEL, STRIDE, PADDING = 4, 2, 2
POOLING = (3, 2, 1)
"""Kernel, stride and padding of the average pooling between scales, which does not count padding."""
SLOPE = 0.2
WIDEST = 512


class HiddenLayer(NormedConv):
    """Convolution, norm, leaky ReLU."""

    def __init__(
        self, in_channels: int, out_channels: int, stride: int, norm: str = "instance", spectral: bool = True
    ) -> None:
        super().__init__(Conv2d(in_channels, out_channels, KERNEL, stride, PADDING), norm, spectral)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.norm(self.conv(x)), SLOPE)


class PatchDiscriminator(nn.Module):
    """Convolutions of stride 2, widths doubling to 512; the last hidden one and the logits have stride 1.

    Four layers look at patches of 70x70 pixels, as in pix2pix (Isola et al. 2017, appendix 6.1.2).
    """

    class_channels: ClassVar = {"first.weight": (1, 0)}

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

    def forward(self, images: Tensor, of_labels: Tensor) -> DiscriminatorOutput:
        """`images` (n B, 3, H, W), n for each of B label maps; `of_labels`: these after the first layer."""
        x = self._convolve(images, self.first.weight[:, -images.shape[1] :])  # (n B, C, h, w)
        x = F.leaky_relu(x + of_labels.repeat(len(images) // len(of_labels), 1, 1, 1), SLOPE)
        features = [x]
        for layer in self.hidden:
            x = layer(x)
            features.append(x)
        return DiscriminatorOutput(self.to_logits(x), features)

    def label_features(self, maps: Tensor) -> Tensor:
        """What the first layer, which is linear, makes of one-hot label maps (B, K, H, W): (B, C, h, w)."""
        return self._convolve(maps, self.first.weight[:, : maps.shape[1]], self.first.bias)

    def _convolve(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        return convolve(x, weight, bias, (STRIDE, STRIDE), (PADDING, PADDING))


class MultiscaleDiscriminator(Discriminator):
    """Patch discriminators on the image with its label map, at full size, halved, and so on.

    Halving is average pooling 3/2/1 that does not count padding. pix2pix's single patch discriminator is
    `scales=1, norm="instance_affine", spectral=False`. `implementation`: how the first layers see the label
    map, with the same result: `dense`, `indexed` (once for each unique patch) or `auto`, the cheaper one.
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

    def forward(self, images: Tensor, condition: Condition) -> list[DiscriminatorOutput]:
        """One output a scale."""
        outputs = []
        for index, (scale, of_labels) in enumerate(zip(self.scales, self._label_features(condition, images))):
            images = halve(images) if index else images
            outputs.append(scale(images, of_labels))
        return outputs

    def _label_features(self, condition: Condition, like: Tensor) -> list[Tensor]:
        """What each scale's first layer makes of the label map, (B, C, h, w)."""
        scales = [scale for scale in self.scales if isinstance(scale, PatchDiscriminator)]
        convs = [scale.first for scale in scales]
        indexed = label_features(self.implementation, condition, self.classes, convs, POOLING, like)
        if indexed is not None:
            return indexed
        maps, found = condition.one_hot(self.classes, like), []  # (B, K, H, W)
        for index, scale in enumerate(scales):
            maps = halve(maps) if index else maps
            found.append(scale.label_features(maps))
        return found


def halve(maps: Tensor) -> Tensor:
    """Maps (B, C, H, W) at half the size."""
    return F.avg_pool2d(maps, *POOLING, count_include_pad=False)
