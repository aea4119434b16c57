"""SEAN's style encoder: a style code for each region of a photo (Zhu et al. 2020, section 3 and figure 4)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition
from models.encoders.encoder import Encoder, Style
from models.kernels.conv import Conv2d
from models.layers.normed_conv import NormedConv

SLOPE = 0.2


class RegionStyleEncoder(Encoder):
    """Photo and label map to one style code a class: features of half the size, averaged over each region.

    A convolution to 32 channels, two of stride 2 to 64 and 128, a transposed one up to 256, each with
    instance norm and leaky ReLU 0.2; then one to D channels and tanh. All are 3x3; the first and the last
    reflect at the border. Any size of at least 8 pixels goes in.

    `classes`: K, the unknown class included; `style_width`: D (512 in the paper).
    """

    smallest = 8

    def __init__(self, classes: int, style_width: int = 512) -> None:
        super().__init__()
        self.classes = classes
        self.style_width = style_width
        self.code_shape = (classes, style_width)
        convs: list[nn.Conv2d | nn.ConvTranspose2d] = [
            Conv2d(3, 32, 3, padding=1, padding_mode="reflect"),
            Conv2d(32, 64, 3, stride=2, padding=1),
            Conv2d(64, 128, 3, stride=2, padding=1),
            nn.ConvTranspose2d(128, 256, 3, stride=2, padding=1, output_padding=1),
        ]
        self.convs = nn.ModuleList(NormedConv(conv, norm="instance", spectral=False) for conv in convs)
        self.to_codes = Conv2d(256, style_width, 3, padding=1, padding_mode="reflect")

    def forward(self, photo: Tensor, labels: Tensor) -> Tensor:
        """Codes in [-1, 1], (B, K, D), of photos in [-1, 1], (B, 3, H, W), with labels (B, H, W)."""
        x = photo
        for conv in self.convs:
            x = F.leaky_relu(conv(x), SLOPE)
        return region_means(torch.tanh(self.to_codes(x)), labels, self.classes)

    def encode(self, photo: Tensor, labels: Tensor | None, rng: torch.Generator | None) -> Style:
        """One code a class, (B, K, D), zero for classes that are not in the label map; nothing is drawn.

        Without a label map every class has the code of the whole photo.
        """
        if labels is not None:
            return Style(self(photo, labels), None)
        one_region = torch.zeros_like(photo[:, 0], dtype=torch.int64)  # (B, H, W)
        return Style(self(photo, one_region)[:, :1].expand(-1, self.classes, -1), None)


def region_means(features: Tensor, labels: Tensor, classes: int) -> Tensor:
    """The mean of features (B, D, h, w) over each region: (B, K, D), zero where a class is absent.

    The label map (B, H, W) is resized to the features by nearest.
    """
    at_features = Condition(labels).at((features.shape[-2], features.shape[-1]))
    one_hot = at_features.one_hot(classes, like=features).flatten(2)  # (B, K, h w)
    pixels = one_hot.sum(2, keepdim=True, dtype=torch.float32)  # (B, K, 1)
    sums = one_hot @ features.flatten(2).mT  # (B, K, D)
    return (sums / pixels.clamp(min=1)).to(features.dtype)
