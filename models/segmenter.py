"""A small segmenter for measuring: photographs to class scores, trained in minutes without a GPU.

Lin et al., "Feature Pyramid Networks for Object Detection", 2017, in the form that Kirillov et al., "Panoptic
Feature Pyramid Networks", 2019, use for semantic segmentation, reduced to one path from coarse to fine. The
maps are those of EfficientNet-Lite2, frozen; only the pyramid is trained.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from models.pretrained.features import load_features


class PyramidSegmenter(nn.Module):
    """Scores (B, K, H, W) of photos (B, 3, H, W) in [-1, 1], of any size of at least 32 pixels.

    `classes`: K, the unknown class included; `width`: channels of the pyramid. `pyramid` holds all that is
    trained.
    """

    def __init__(self, classes: int, width: int = 64) -> None:
        super().__init__()
        self.backbone = load_features("efficientnet_lite2")
        self.pyramid = Pyramid(self.backbone.channels, classes, width)

    def forward(self, photo: Tensor) -> Tensor:
        scores = self.pyramid(self.backbone(photo))  # (B, K, H / 2, W / 2)
        return F.interpolate(scores, photo.shape[-2:], mode="bilinear", align_corners=False)


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
    return nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
