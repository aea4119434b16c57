"""Perceptual loss: the distance of two images in the features of a network trained to classify."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.pretrained.frozen_features import FrozenFeatures

DEPTH_WEIGHTS = {
    # As published with pix2pixHD.
    "vgg19": (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0),
    # Each depth counts a fifth of its distance relative to its usual magnitude (the mean absolute value of
    # features on photographs, which hardly differs from one data set to another), so that two unrelated
    # photographs are about 1 apart.
    "efficientnet_lite0": tuple(1 / (5 * magnitude) for magnitude in (4.7, 6.8, 6.2, 5.3, 2.2)),
}
"""The weight of each depth's distance, shallow to deep, by the network's name."""


class PerceptualLoss(nn.Module):
    """Weighted mean absolute differences of features at five depths.

    Johnson et al. 2016, eq. 2, in the form of Wang et al. 2018. `features`: of a network in `DEPTH_WEIGHTS`.
    """

    def __init__(self, features: FrozenFeatures) -> None:
        super().__init__()
        self.weights = DEPTH_WEIGHTS[features.name]
        self.features = features

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        """A scalar from images in [-1, 1], (B, 3, H, W); no gradient goes to `real`."""
        with torch.no_grad():
            real_maps = self.features(real)
        distances = [
            weight * F.l1_loss(fake_map.float(), real_map.float())
            for weight, fake_map, real_map in zip(self.weights, self.features(fake), real_maps, strict=True)
        ]
        return torch.stack(distances).sum()
