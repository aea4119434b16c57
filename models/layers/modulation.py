"""Scale and shift by rows that pixels share, without a pair for each pixel kept for the backward pass."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from models.layers.gather_sum import Gathering


class SharedRows(NamedTuple):
    """Scale and shift, each (N, C), and which rows are summed into the pair of each pixel (B H W)."""

    scale: Tensor
    shift: Tensor
    pixels: Gathering


def modulate(x: Tensor, rows: SharedRows) -> Tensor:
    """scale(pixel) * x + shift(pixel), (B, C, H, W), channels last.

    The pixels' pairs are gathered in the forward pass and again in the backward pass; only x, the rows
    and the shared index are kept in between.
    """
    # Under autocast learned rows are float32 and the maps are not; the maps' type goes on.
    return _Modulate.apply(x, rows.scale.to(x.dtype), rows.shift.to(x.dtype), rows.pixels)


class _Modulate(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, scale: Tensor, shift: Tensor, pixels: Gathering) -> Tensor:
        ctx.save_for_backward(x, scale)
        ctx.pixels = pixels  # type: ignore[attr-defined]
        flat = _pixels_first(x)  # (B H W, C)
        return _maps(pixels.sum(shift).addcmul_(flat, pixels.sum(scale)), x)

    @staticmethod
    def backward(ctx: FunctionCtx, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        x, scale = ctx.saved_tensors  # type: ignore[attr-defined]
        pixels: Gathering = ctx.pixels  # type: ignore[attr-defined]
        gradient = _pixels_first(gradients[0])  # (B H W, C)
        to_x = _maps(pixels.sum(scale).mul_(gradient), x)
        to_scale = pixels.transposed.sum(gradient * _pixels_first(x))
        return to_x, to_scale, pixels.transposed.sum(gradient), None


def _pixels_first(maps: Tensor) -> Tensor:
    """Maps (B, C, H, W) as rows (B H W, C); a view where they are channels last."""
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1])


def _maps(rows: Tensor, like: Tensor) -> Tensor:
    """Rows (B H W, C) as maps of `like`'s shape, channels last."""
    batch, channels, height, width = like.shape
    return rows.view(batch, height, width, channels).permute(0, 3, 1, 2)
