"""The pair of a plain normalisation layer: learned, and blind to every condition."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.condition import Condition
from models.norms.norm import ConditionalNorm
from models.norms.statistics import Standardise


class AffineNorm(ConditionalNorm):
    """y = scale * standardise(x) + shift with one learned pair a channel, 1 and 0 at first."""

    def __init__(self, channels: int, standardise: Standardise) -> None:
        super().__init__(standardise)
        self.scale = nn.Parameter(torch.ones(channels))
        self.shift = nn.Parameter(torch.zeros(channels))

    def modulation(self, condition: Condition) -> tuple[Tensor, Tensor]:
        return self.scale[:, None, None], self.shift[:, None, None]  # (C, 1, 1) each
