"""The pass that scales and shifts maps by rows that pixels share, a block of image rows at a time."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

BLOCK_BYTES = 2**21
"""Gathered pairs of one block. They stay in the processor's cache, where a whole map's would go to memory and
back: at 256x256 and 128 channels the pass takes a third of the time (docs/performance.md)."""


def scaled_and_shifted(x: Tensor, rows: Tensor, pixels: Tensor, slope: float | None = None) -> Tensor:
    """scale(pixel) * x + shift(pixel), then leaky ReLU where there is a `slope`: (B, C, H, W), channels last.

    `x`: (B, C, H, W), or half as large or less, of which each pixel stands for a square of them (what nearest
    up-sampling would make of it, without making it); `rows`: (N, 2 C), scale and shift side by side;
    `pixels`: the row of each pixel, int64 (B, H, W).
    """
    batch, height, width = pixels.shape
    channels = x.shape[1]
    factor = height // x.shape[2]
    source = x.permute(0, 2, 3, 1)  # (B, h, w, C)
    result = x.new_empty(batch, height, width, channels)
    tall = BLOCK_BYTES // (width * 2 * channels * x.element_size()) // factor * factor
    # An accelerator has no use for small blocks.
    tall = max(factor, min(tall, height)) if x.is_cpu else height
    for sample in range(batch):
        for top in range(0, height, tall):
            pair = rows.index_select(0, pixels[sample, top : top + tall].flatten())  # (tall W, 2 C)
            squares = (-1, factor, width // factor, factor)
            scale, shift = pair.view(*squares, 2 * channels).chunk(2, dim=-1)  # (h', f, w, f, C)
            small = source[sample, top // factor : (top + tall) // factor, None, :, None]  # (h', 1, w, 1, C)
            block = result[sample, top : top + tall]
            torch.addcmul(shift, small, scale, out=block.view(scale.shape))
            if slope is not None:
                F.leaky_relu_(block, slope)
    return result.permute(0, 3, 1, 2)
