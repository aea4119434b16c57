"""The contract of every normalisation layer: standardise, then scale and shift."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from models.condition import Condition
from models.norms.statistics import Standardise


class ConditionalNorm(nn.Module):
    """y = scale * standardise(x) + shift, with scale and shift computed from a condition.

    A subclass says one thing: `modulation`. The builder learns what it looks at from its class attributes and
    from what its constructor asks for: `classes`, `edges`, `style_width`, `style_count`.

    `allowed_statistics`: the keys of STATISTICS that it may standardise over, its default first;
    `sees_labels`: scale and shift depend on the label map;
    `plain`: the norm that takes its place in the last block, itself where None;
    `styles`: the style codes it needs, one a sample ("global") or one a region ("region");
    `class_channels`: its parameters with something a class, by name: the axis, and where on it class 0 lies.
    """

    # sync_batch is what SPADE was published with, and in one process it is batch.
    allowed_statistics: ClassVar[tuple[str, ...]] = ("sync_batch", "batch", "instance", "layer")
    sees_labels: ClassVar[bool] = False
    styles: ClassVar[Literal["none", "global", "region"]] = "none"
    plain: ClassVar[type[ConditionalNorm] | None] = None
    class_channels: ClassVar[dict[str, tuple[int, int]]] = {}

    def __init__(self, standardise: Standardise) -> None:
        super().__init__()
        self.standardise = standardise

    def modulation(self, condition: Condition) -> tuple[Tensor, Tensor]:
        """Scale and shift, each broadcastable to the normalised maps; `condition` is at their size."""
        raise NotImplementedError(f"{type(self).__name__} must say what its scale and shift come from")

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        """Normalises feature maps (B, C, H, W); the same shape and type out.

        Generators call it through `models.kernels.upsample_norm_act`, which may compute the same in another
        way.
        """
        scale, shift = self.modulation(condition.at((x.shape[-2], x.shape[-1])))
        # Under autocast learned scales are float32 and the maps are not; the maps' type goes on.
        return torch.addcmul(shift, self.standardise(x), scale).to(x.dtype)


NormFactory = Callable[[int], ConditionalNorm]
"""Channels in, norm out: all that a block knows about normalisation."""
