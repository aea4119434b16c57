"""The networks whose features the perceptual loss compares, by name.

Each answers feature maps at five depths, shallow to deep, of photos in [-1, 1], and knows the weight of
each depth.
"""

from __future__ import annotations

from torch import Tensor, nn

from models.pretrained.efficientnet_lite import load_efficientnet_lite
from models.pretrained.vgg import load_vgg19_layers


class Vgg19Features(nn.Module):
    """VGG-19 (Simonyan & Zisserman 2015) after relu1_1, 2_1, 3_1, 4_1 and 5_1.

    The depths' weights are those published with pix2pixHD; like its code and SPADE's, photos are given
    as they are, in [-1, 1], without ImageNet's mean and deviation.
    """

    weights = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
    ENDS = (2, 7, 12, 21, 30)

    def __init__(self) -> None:
        super().__init__()
        layers = load_vgg19_layers()
        starts = (0, *self.ENDS)
        self.slices = nn.ModuleList(layers[start:end] for start, end in zip(starts, self.ENDS))

    def forward(self, photo: Tensor) -> list[Tensor]:
        """Five feature maps of photos (B, 3, H, W)."""
        maps, x = [], photo
        for layers in self.slices:
            x = layers(x)
            maps.append(x)
        return maps


class EfficientNetLite0Features(nn.Module):
    """EfficientNet-Lite0 at strides 2, 4, 8, 16 and 32; its weights come as a package, without a download.

    Each depth counts a fifth of its distance relative to its usual magnitude (the mean absolute value of
    its features on photographs, which hardly differs from one data set to another), so that two
    unrelated photographs are about 1 apart.
    """

    STAGES = (1, 2, 3, 5, 7)
    MAGNITUDES = (4.7, 6.8, 6.2, 5.3, 2.2)

    def __init__(self) -> None:
        super().__init__()
        self.weights = tuple(1 / (len(self.STAGES) * magnitude) for magnitude in self.MAGNITUDES)
        self.network = load_efficientnet_lite("lite0")

    def forward(self, photo: Tensor) -> list[Tensor]:
        """Five feature maps of photos (B, 3, H, W)."""
        return self.network.forward_features(photo, self.STAGES)


FeatureNetwork = Vgg19Features | EfficientNetLite0Features

FEATURE_NETWORKS: dict[str, type[FeatureNetwork]] = {
    "vgg19": Vgg19Features,
    "efficientnet_lite0": EfficientNetLite0Features,
}
