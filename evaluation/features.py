"""Feature networks of the Fréchet distance: pictures in, one vector a picture out.

A metric that shares its network with a loss flatters, so the perceptual loss has another one
(EfficientNet-Lite0 or VGG19).
"""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from models.pretrained.efficientnet_lite import HEAD_CHANNELS, load_efficientnet_lite


class FeatureNetwork(nn.Module):
    """A frozen network that turns pictures (B, 3, H, W) in [-1, 1], of any size, into (B, `num_features`).

    `name` goes into the metric's name: distances of different networks cannot be compared.
    """

    name: str
    num_features: int

    def forward(self, pictures: Tensor) -> Tensor:
        raise NotImplementedError


class EfficientNetLite2Features(FeatureNetwork):
    """EfficientNet-Lite2 before its classifier, its head averaged over space: 1280 features.

    Pictures are resized to 260×260, the size the network was trained at, by bilinear interpolation with
    antialiasing, whatever their aspect ratio (as FID does with its network's 299×299).
    """

    name = "efficientnet_lite2"
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


METRIC_NETWORKS: dict[str, Callable[[], FeatureNetwork]] = {"efficientnet_lite2": EfficientNetLite2Features}


def load_metric_network(name: str) -> FeatureNetwork:
    """The feature network called `name` in `METRIC_NETWORKS`; raises ValueError for another name."""
    if name not in METRIC_NETWORKS:
        raise ValueError(f"feature network {name!r} is unknown; choose one of {', '.join(METRIC_NETWORKS)}")
    return METRIC_NETWORKS[name]()
