"""CLADE: class-adaptive normalisation (Tan et al. 2021)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from models.condition import Condition
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

    Good: the layout survives normalisation as with SPADE, for almost no arithmetic. Bad: every pixel of a
    class is treated alike, however far from the border it lies.

    `classes`: K, the unknown class included.
    """

    sees_labels = True
    class_channels: ClassVar = {"gamma": (0, 0), "beta": (0, 0)}

    def __init__(self, channels: int, standardise: Standardise, classes: int) -> None:
        super().__init__(standardise)
        self.gamma = nn.Parameter(torch.rand(classes, channels))
        self.beta = nn.Parameter(torch.zeros(classes, channels))

    def modulation(self, condition: Condition) -> tuple[Tensor, Tensor]:
        labels = condition.labels
        return class_embedding(self.gamma, labels), class_embedding(self.beta, labels)  # (B, C, H, W) each
