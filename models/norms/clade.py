"""CLADE: class-adaptive normalisation (Tan et al. 2021)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from models.condition import Condition
from models.kernels.conv import Conv2d
from models.layers.class_linear import class_embedding
from models.norms.norm import ConditionalNorm
from models.norms.statistics import Standardise


class Clade(ConditionalNorm):
    """y = gamma_k * (x - mean) / std + beta_k at a pixel of class k: a learned row of pairs for each class.

    Tan et al. 2021 (CLADE without its positional encoding): the pixel's class looks its pair up, no
    convolution; gamma itself is the scale, not 1 + gamma as in SPADE. At first gamma is uniform in
    [0, 1] and beta 0, as published, so that classes differ from the first step. Statistics over any axes,
    without affine. Maps (B, C, H, W); `labels` (B, H, W) ids; rows (K, C).

    Instance borders (`edges`) are not a class and CLADE does not see them: where a data set has instances
    the generator sees them at its stem only.

    Noise z, of `noise_width` numbers, has a linear share in the pair of its pixels: gamma_k + W z and
    beta_k + V z, what a 1x1 convolution of label map and noise joined would make of them. 0 for none.

    Good: the layout survives normalisation as with SPADE, for almost no arithmetic. Bad: every pixel of a
    class is treated alike, however far from the border it lies.

    `classes`: K, the unknown class included.
    """

    sees_labels = True
    class_channels: ClassVar = {"gamma": (0, 0), "beta": (0, 0)}

    def __init__(self, channels: int, standardise: Standardise, classes: int, noise_width: int = 0) -> None:
        super().__init__(standardise)
        self.noise_width = noise_width
        self.gamma = nn.Parameter(torch.rand(classes, channels))
        self.beta = nn.Parameter(torch.zeros(classes, channels))
        if noise_width:
            self.noise_pair = Conv2d(noise_width, 2 * channels, 1, bias=False)

    def modulation(self, condition: Condition) -> tuple[Tensor, Tensor]:
        pair = class_embedding(torch.cat([self.gamma, self.beta], dim=1), condition.labels)  # (B, 2 C, H, W)
        if self.noise_width:
            pair = pair + self.noise_pair(condition.noise_maps().to(pair.dtype))
        scale, shift = pair.chunk(2, dim=1)
        return scale, shift
