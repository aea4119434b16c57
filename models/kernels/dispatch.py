"""Which of two exact implementations a layer that sees label maps uses: dense or indexed."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from models.condition import Condition
from models.kernels.discriminator_patch_index import DiscriminatorPatchIndex
from models.kernels.patch_index import PatchIndex

IMPLEMENTATIONS = ("auto", "dense", "indexed")
FEWEST_PIXELS = 256
"""Below this many pixels of a batch, looking for unique_patches takes longer than it saves."""
LOOK_UP = 10
"""What it costs to add a looked-up number, in multiply-adds of a large product (docs/performance.md)."""
FINDING = 3000
"""The same of finding a pixel's unique_patches, as a share of one of the layers that use them."""


class Costs(NamedTuple):
    """Of the two implementations, in multiply-adds of a large product."""

    dense: float
    indexed: float


def is_indexed(implementation: str, labels: Tensor, costs: Callable[[], Costs]) -> bool:
    """Whether to compute by unique_patches, for these label maps (B, H, W).

    `auto` counts. It stays dense inside `torch.compile`, which cannot follow what depends on a count, and on
    accelerators, where the indexed form has not been measured.
    """
    if implementation != "auto":
        return implementation == "indexed"
    if torch.compiler.is_compiling() or not labels.is_cpu or labels.numel() < FEWEST_PIXELS:
        return False
    dense, indexed = costs()
    return indexed < dense


def is_pair_indexed(
    implementation: str,
    condition: Condition,
    classes: int,
    shared: nn.Conv2d,
    pair: nn.Conv2d,
    style_pair: nn.Conv2d | None = None,
) -> bool:
    """The same for a convolution of one-hot maps, `shared`, and one of the same kernel on its result.

    `style_pair`: a convolution of a map that takes one value a region, beside them; indexed it costs next to
    nothing.
    """

    def costs() -> Costs:
        index = condition.index(classes, shared.kernel_size[0])
        dense, indexed = pair_costs(index, shared.in_channels, pair.in_channels, pair.out_channels)
        if style_pair is not None:
            dense += condition.labels.numel() * style_pair.weight[0].numel() * style_pair.out_channels
        return Costs(dense, indexed)

    return is_indexed(implementation, condition.labels, costs)


def pair_costs(index: PatchIndex, inputs: int, hidden: int, outputs: int) -> Costs:
    """Of two convolutions in a row: of one-hot maps of `inputs` channels, then from `hidden` to `outputs`."""
    pixels, taps = index.first.pixels.numel(), index.first.ids.shape[1]
    looked_up = taps * (len(index.first) * hidden + len(index.second) * outputs) + pixels * outputs
    return Costs(
        dense=pixels * taps * hidden * (inputs + outputs),
        indexed=len(index.first) * taps * hidden * outputs + LOOK_UP * looked_up + FINDING * pixels,
    )


def window_costs(scales: list[DiscriminatorPatchIndex], inputs: int, outputs: int) -> Costs:
    """Of convolutions of one-hot maps of `inputs` channels, one at each scale."""
    dense = indexed = 0.0
    for index in scales:
        pixels, taps = index.windows.pixels.numel(), index.windows.ids.shape[1]
        cells = sum(cells.ids.numel() for cells in index.cells)
        dense += pixels * taps * inputs * outputs
        indexed += LOOK_UP * (taps * (cells + len(index.windows)) + pixels) * outputs + FINDING * pixels
    return Costs(dense, indexed)
