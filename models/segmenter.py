"""A small segmenter for measuring: photographs to class scores, trained in minutes without a GPU.

Lin et al., "Feature Pyramid Networks for Object Detection", 2017, in the form that Kirillov et al., "Panoptic
Feature Pyramid Networks", 2019, use for semantic segmentation, reduced to one path from coarse to fine. The
maps are those of EfficientNet-Lite2, frozen, or of residual blocks (He et al., "Deep Residual Learning for
Image Recognition", 2016) that are trained with the pyramid, so that nothing in it comes from ImageNet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from models.pretrained.features import FeatureMaps, load_features


class PyramidSegmenter(nn.Module):
    """Scores (B, K, H, W) of photos (B, 3, H, W) in [-1, 1], of any size of at least 32 pixels.

    `classes`: K, the unknown class included; `width`: channels of the pyramid; `backbone`: of `BACKBONES`.
    """

    def __init__(self, classes: int, width: int = 64, backbone: str = "efficientnet_lite2") -> None:
        super().__init__()
        self.backbone = BACKBONES[backbone]()
        self.pyramid = Pyramid(self.backbone.channels, classes, width)
        self.pretrained = backbone != "none"

    @property
    def trained(self) -> nn.Module:
        """All of it that is trained."""
        return self.pyramid if self.pretrained else self

    def forward(self, photo: Tensor) -> Tensor:
        scores = self.pyramid(self.backbone(photo))  # (B, K, H / 2, W / 2)
        return F.interpolate(scores, photo.shape[-2:], mode="bilinear", align_corners=False)


class ResidualBackbone(nn.Module):
    """Maps (B, channels[i], h, w) of photos (B, 3, H, W) at strides 2, 4, 8, 16 and 32, sides rounded up."""

    channels = (32, 64, 128, 256, 256)

    def __init__(self) -> None:
        super().__init__()
        stem = nn.Sequential(*_conv_norm(3, self.channels[0], 3, stride=2), nn.ReLU())
        self.stages = nn.ModuleList([stem, *(ResidualBlock(*each) for each in pairwise(self.channels))])

    def forward(self, photo: Tensor) -> list[Tensor]:
        maps, x = [], photo
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions with batch norm, of which the first halves the sides, around a 1×1 shortcut."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.first = _conv_norm(channels, width, 3, stride=2)
        self.second = _conv_norm(width, width, 3)
        self.shortcut = _conv_norm(channels, width, 1, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.second(F.relu(self.first(x))) + self.shortcut(x))


BACKBONES: dict[str, Callable[[], FeatureMaps | ResidualBackbone]] = {
    "efficientnet_lite2": partial(load_features, "efficientnet_lite2"),
    "none": ResidualBackbone,
}
"""Where the pyramid's maps come from: a pretrained network, or none."""


class Pyramid(nn.Module):
    """Feature maps, fine to coarse, to scores of the finest one's size.

    `channels`: of each map; `classes`: K; `width`: of all maps inside.
    """

    def __init__(self, channels: Sequence[int], classes: int, width: int) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(nn.Conv2d(count, width, 1) for count in channels)
        self.smooth = nn.ModuleList(_smoothing(width) for _ in channels)
        self.scores = nn.Conv2d(width, classes, 1)

    def forward(self, maps: list[Tensor]) -> Tensor:
        x = self.smooth[-1](self.laterals[-1](maps[-1]))  # (B, width, h, w) of the coarsest map
        for finer, lateral, smooth in zip(maps[-2::-1], self.laterals[-2::-1], self.smooth[-2::-1]):
            coarser = F.interpolate(x, finer.shape[-2:], mode="bilinear", align_corners=False)
            x = smooth(lateral(finer) + coarser)
        return self.scores(x)


def _smoothing(width: int) -> nn.Sequential:
    return nn.Sequential(*_conv_norm(width, width, 3), nn.ReLU())


def _conv_norm(channels: int, width: int, kernel: int, stride: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(channels, width, kernel, stride, padding=kernel // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(width))
