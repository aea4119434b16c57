"""Perceptual loss: the distance of two images in the features of a network trained to classify.

Johnson et al. 2016, eq. 2, in the form of Wang et al. 2018: absolute differences at five depths.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from models.pretrained.features import FEATURE_NETWORKS

DEPTH_WEIGHTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
"""Weights of the five depths, shallow to deep, as published with pix2pixHD."""


class PerceptualLoss(nn.Module):
    """Weighted mean absolute differences of features at five depths.

    `network`: a name in `FEATURE_NETWORKS`; its weights are frozen.
    """

    def __init__(self, network: str) -> None:
        super().__init__()
        self.features = FEATURE_NETWORKS[network]().eval().requires_grad_(False)

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        """A scalar from images in [-1, 1], (B, 3, H, W); no gradient goes to `real`."""
        distance = fake.new_zeros(())
        targets = self.features(real.detach())
        for weight, fake_map, real_map in zip(DEPTH_WEIGHTS, self.features(fake), targets, strict=True):
            distance = distance + weight * F.l1_loss(fake_map.float(), real_map.float())
        return distance
