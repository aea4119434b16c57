"""The contract of every normalisation layer: standardise, then scale and shift."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from models.condition import Condition
from models.norms.statistics import Standardise


class ConditionalNorm(nn.Module):
    """y = scale * standardise(x) + shift, with the pair computed from a condition.

    A subclass answers one question: `modulation`.
    """

    def __init__(self, standardise: Standardise) -> None:
        super().__init__()
        self.standardise = standardise

    def modulation(self, condition: Condition) -> tuple[Tensor, Tensor]:
        """Scale and shift, each broadcastable to the normalised maps; `condition` is at their size."""
        raise NotImplementedError(f"{type(self).__name__} must say what its scale and shift come from")

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        """Normalises feature maps (B, C, H, W); the same shape out."""
        scale, shift = self.modulation(condition.at((x.shape[-2], x.shape[-1])))
        return torch.addcmul(shift, self.standardise(x), scale)


NormFactory = Callable[[int], ConditionalNorm]
"""Channels in, norm out: all that a block knows about normalisation."""
