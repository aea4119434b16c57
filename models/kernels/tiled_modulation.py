"""The pass that scales and shifts maps by rows that pixels share, a block of image rows at a time."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

BLOCK_BYTES = 2**21
"""Gathered pairs of one block. They stay in the processor's cache, where a whole map's would go to memory and
back: at 256x256 and 128 channels the pass takes a third of the time (docs/performance.md)."""


def tiled_modulation(x: Tensor, rows: Tensor, pixels: Tensor, slope: float | None = None) -> Tensor:
    """scale(pixel) * x + shift(pixel), then leaky ReLU where there is a `slope`: (B, C, H, W), channels last.

    `x`: (B, C, H, W), or half as large or less, of which each pixel stands for a square of them (what nearest
    up-sampling would make of it, without making it); `rows`: (N, 2 C), scale and shift side by side;
    `pixels`: the row of each pixel, int64 (B, H, W). Rows may be of a wider type than x; x's comes out.
    """
    batch, height, width = pixels.shape
    channels = x.shape[1]
    factor = height // x.shape[2]
    # Image rows of all samples, one after another.
    lines, total = pixels.view(-1, width), batch * height
    source = x.permute(0, 2, 3, 1).reshape(total // factor, width // factor, channels)
    result = x.new_empty(total, width, channels)
    tall = BLOCK_BYTES // (width * 2 * channels * x.element_size()) // factor * factor
    # An accelerator has no use for small blocks.
    tall = max(factor, tall) if x.is_cpu else total
    for top in range(0, total, tall):
        pair = rows.index_select(0, lines[top : top + tall].flatten())  # (tall W, 2 C)
        squares = (-1, factor, width // factor, factor)
        scale, shift = pair.view(*squares, 2 * channels).chunk(2, dim=-1)  # (h, f, w, f, C)
        small = source[top // factor : (top + tall) // factor, None, :, None]  # (h, 1, w, 1, C)
        block = result[top : top + tall]
        torch.addcmul(shift, small, scale, out=block.view(scale.shape))
        if slope is not None:
            F.leaky_relu_(block, slope)
    return result.view(batch, height, width, channels).permute(0, 3, 1, 2)
