"""Scale, shift, activate and up-sample in one pass, by a table whose rows pixels share.

Nothing of the maps' size is kept for the backward pass but the maps that went in and came out, which the
layers around keep anyway: no standardised maps, no pair for each pixel, no maps before the activation.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from models.kernels.indexed_conv import BagIndex
from models.kernels.standardise import Moments


class ModulationTable(NamedTuple):
    """Scale and shift side by side: `rows` (N, 2 C) that pixels share; `to_pixels`: that of each (B H W)."""

    rows: Tensor
    to_pixels: BagIndex


def modulate(
    x: Tensor, table: ModulationTable, size: tuple[int, int], moments: Moments | None, slope: float | None
) -> Tensor:
    """leaky(scale(pixel) * (x - mean) / std + shift(pixel)), (B, C, *size), channels last.

    `x`: (B, C, H, W) of that size, or a whole number of times smaller and then up-sampled by nearest;
    `moments`: what to standardise by, None where x is standardised already; `slope` of the leaky ReLU, None
    without one. The gradient goes through the moments as well.
    """
    return _Modulate.apply(x, table.rows, table.to_pixels, size, moments, slope)


class _Modulate(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: FunctionCtx,
        x: Tensor,
        rows: Tensor,
        to_pixels: BagIndex,
        size: tuple[int, int],
        moments: Moments | None,
        slope: float | None,
    ) -> Tensor:
        # Rows that standardise as well would save this pass, but bf16 could not hold their shift, from which
        # the mean is taken away, and rows of float32 cost more than it does.
        z = x if moments is None else moments.standardise(x)
        y = tiled_modulation(z, rows.to(x.dtype), to_pixels.indices.view(len(x), *size), slope)
        ctx.save_for_backward(x, rows, *(() if slope is None else (y,)))
        ctx.constants = to_pixels, size, moments, slope  # type: ignore[attr-defined]
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, rows, *results = ctx.saved_tensors  # type: ignore[attr-defined]
        to_pixels, size, moments, slope = ctx.constants  # type: ignore[attr-defined]
        if slope is not None:
            # The sign of what went into the activation is that of what came out.
            gradient = torch.ops.aten.leaky_relu_backward(gradient, results[0], slope, True)
        # The standardised maps are made again: kept, they would cost memory.
        z = x if moments is None else moments.standardise(x)
        to_z, to_rows = _gradients(gradient, z, rows, to_pixels, size)
        del gradient, z
        return to_z if moments is None else moments.gradient(to_z, x), to_rows, None, None, None, None


def _gradients(
    gradient: Tensor, z: Tensor, rows: Tensor, to_pixels: BagIndex, size: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Of standardised maps `z` (B, C, H, W) and of the rows, from that of the scaled and shifted maps."""
    channels, factor = z.shape[1], size[0] // z.shape[2]
    pixels = gradient.permute(0, 2, 3, 1)  # (B, H, W, C)
    squares = _squares(pixels, factor)  # (B, h, f, w, f, C)
    products = squares * z.permute(0, 2, 3, 1)[:, :, None, :, None]
    to_scale = to_pixels.transposed.sum(products.reshape(-1, channels))  # (N, C)
    del products
    to_shift = to_pixels.transposed.sum(pixels.reshape(-1, channels))
    scale = rows[:, :channels].to(z.dtype)
    to_z = scale.index_select(0, to_pixels.indices).view(squares.shape).mul_(squares)
    to_z = _summed(to_z.view(pixels.shape), factor).permute(0, 3, 1, 2)  # (B, C, h, w)
    return to_z, torch.cat([to_scale, to_shift], 1).to(rows.dtype)


def _squares(maps: Tensor, factor: int) -> Tensor:
    """Maps (B, H, W, C) as (B, h, f, w, f, C): the pixels that one pixel becomes by up-sampling."""
    batch, height, width, channels = maps.shape
    return maps.reshape(batch, height // factor, factor, width // factor, factor, channels)


def _summed(maps: Tensor, factor: int) -> Tensor:
    """Maps (B, H, W, C) summed over squares of `factor` pixels a side: (B, h, w, C)."""
    if factor == 1:
        return maps
    return F.avg_pool2d(maps.permute(0, 3, 1, 2), factor, divisor_override=1).permute(0, 2, 3, 1)


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
