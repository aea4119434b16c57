"""The contract of every normalisation layer: standardise, then scale and shift."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition, enlarged
from models.kernels.modulation import ModulationTable, modulate
from models.norms.statistics import BatchStatistics, Standardise, SyncBatchStatistics


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

    def modulation_table(self, condition: Condition) -> ModulationTable | None:
        """The same pair as rows that pixels share, where that is cheaper; None where it is not."""
        return None

    def forward(
        self,
        x: Tensor,
        condition: Condition,
        slope: float | None = None,
        size: tuple[int, int] | None = None,
    ) -> Tensor:
        """Normalises feature maps (B, C, H, W), then leaky ReLU where there is a `slope`; the same type out.

        `size`: of the result, x's own by default; where it is a whole number of times larger, x is up-sampled
        by nearest on the way.
        """
        size = (x.shape[-2], x.shape[-1]) if size is None else size
        condition = condition.at(size)
        shared, standardise = self.modulation_table(condition), self.standardise
        copies = (size[0] // x.shape[-2]) ** 2
        if isinstance(standardise, SyncBatchStatistics) and standardise.is_shared():
            # Processes may take different forms, but must ask each other the same questions.
            x = standardise(x, copies)
        elif shared is not None and isinstance(standardise, BatchStatistics):
            return modulate(x, shared, size, standardise.moments(x, copies), slope)
        else:
            x = standardise(x if shared is not None else enlarged(x, size))
        if shared is not None:
            return modulate(x, shared, size, None, slope)
        scale, shift = self.modulation(condition)
        # Under autocast a learned pair is float32 and the maps are not; the maps' type goes on.
        y = torch.addcmul(shift, enlarged(x, size), scale).to(x.dtype)
        return y if slope is None else F.leaky_relu(y, slope)


NormFactory = Callable[[int], ConditionalNorm]
"""Channels in, norm out: all that a block knows about normalisation."""
