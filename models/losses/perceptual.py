"""Perceptual loss: the distance of two images in the features of a network trained to classify."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.pretrained.features import FEATURE_NETWORKS


class PerceptualLoss(nn.Module):
    """Weighted mean absolute differences of features at five depths.

    Johnson et al. 2016, eq. 2, in the form of Wang et al. 2018. `network`: a name in `FEATURE_NETWORKS`;
    its weights are frozen.
    """

    def __init__(self, network: str) -> None:
        super().__init__()
        self.features = FEATURE_NETWORKS[network]().eval().requires_grad_(False)

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        """A scalar from images in [-1, 1], (B, 3, H, W); no gradient goes to `real`."""
        with torch.no_grad():
            real_maps = self.features(real)
        distances = [
            weight * F.l1_loss(fake_map.float(), real_map.float())
            for weight, fake_map, real_map in zip(
                self.features.weights, self.features(fake), real_maps, strict=True
            )
        ]
        return torch.stack(distances).sum()
