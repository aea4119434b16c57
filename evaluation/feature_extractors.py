"""Feature networks of the distances between sets: pictures in, one vector a picture out.

A metric that shares its network with a loss flatters, so the perceptual loss has another one
(EfficientNet-Lite0 or VGG19).
"""

from __future__ import annotations

from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from models.pretrained.efficientnet_lite import HEAD_CHANNELS, load_efficientnet_lite


class FeatureNetwork(nn.Module):
    """A frozen network that turns pictures (B, 3, H, W) in [-1, 1], of any size, into (B, `num_features`).

    `name` goes into the metrics' names: distances of different networks cannot be compared. `frechet_name`:
    that of its Fréchet distance, which only Inception's may call FID.
    """

    name: ClassVar[str]
    frechet_name: ClassVar[str]
    num_features: int

    def forward(self, pictures: Tensor) -> Tensor:
        raise NotImplementedError


class EfficientNetLite2Features(FeatureNetwork):
    """EfficientNet-Lite2 before its classifier, its head averaged over space: 1280 features.

    Pictures are resized to 260×260, the size the network was trained at, by bilinear interpolation with
    antialiasing, whatever their aspect ratio (as FID does with its network's 299×299).
    """

    name = "efficientnet_lite2"
    frechet_name = "fd_efficientnet_lite2"
    num_features = HEAD_CHANNELS

    def __init__(self) -> None:
        super().__init__()
        self.network = load_efficientnet_lite("lite2")

    def forward(self, pictures: Tensor) -> Tensor:
        size = (self.network.image_size, self.network.image_size)
        resized = F.interpolate(
            pictures.float(), size, mode="bilinear", antialias=True, align_corners=False
        )  # (B, 3, 260, 260)
        return self.network(resized)  # (B, 1280)
