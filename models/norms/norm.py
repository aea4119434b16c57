"""The contract of every normalisation layer: standardise, then scale and shift."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from models.condition import Condition
from models.layers.modulation import SharedRows, modulate
from models.norms.statistics import Standardise


class ConditionalNorm(nn.Module):
    """y = scale * standardise(x) + shift, with the pair computed from a condition.

    A subclass answers one question: `modulation`. Whoever builds it learns what it looks at from its class
    attributes and from the facts its constructor asks for: `classes`, `edges`, `style_width`, `style_count`.

    `allowed_statistics`: the words of STATISTICS that it may standardise over, its default first;
    `sees_labels`: the pair depends on the label map;
    `styles`: the style codes it needs, one a sample ("global") or one a region ("region").
    """

    # sync_batch is what SPADE was published with, and in one process it is batch.
    allowed_statistics: ClassVar[tuple[str, ...]] = ("sync_batch", "batch", "instance", "layer")
    sees_labels: ClassVar[bool] = False
    styles: ClassVar[Literal["none", "global", "region"]] = "none"

    def __init__(self, standardise: Standardise) -> None:
        super().__init__()
        self.standardise = standardise

    def modulation(self, condition: Condition) -> tuple[Tensor, Tensor]:
        """Scale and shift, each broadcastable to the normalised maps; `condition` is at their size."""
        raise NotImplementedError(f"{type(self).__name__} must say what its scale and shift come from")

    def shared_rows(self, condition: Condition) -> SharedRows | None:
        """The same pair as rows that pixels share, where that is cheaper; None where it is not."""
        return None

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        """Normalises feature maps (B, C, H, W); the same shape and type out."""
        condition = condition.at((x.shape[-2], x.shape[-1]))
        rows = self.shared_rows(condition)
        if rows is not None:
            return modulate(self.standardise(x), rows)
        scale, shift = self.modulation(condition)
        # Under autocast a learned pair is float32 and the maps are not; the maps' type goes on.
        return torch.addcmul(shift, self.standardise(x), scale).to(x.dtype)


NormFactory = Callable[[int], ConditionalNorm]
"""Channels in, norm out: all that a block knows about normalisation."""
