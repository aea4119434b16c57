"""A product of many rows with a table, by the faster of the libraries that torch has for it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from models.kernels.conv import input_gradient, is_autocast, settings_of
from models.kernels.cpu_features import is_intel

SETTINGS = settings_of((1, 1), (0, 0))


def product(rows: Tensor, table: Tensor) -> Tensor:
    """rows @ table^T, of (N, C_in) and (M, C_in): (N, M).

    In float32 on CPUs as a 1x1 convolution, which oneDNN computes, where torch gives products to MKL: a third
    faster at the sizes of these tables, but for the forward product on Intel's own processors, and there
    for the gradient of few rows (docs/performance.md).
    """
    if not rows.is_cpu or rows.dtype is not torch.float32 or is_autocast(rows):
        return F.linear(rows, table)
    return _Product.apply(rows, table)


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, rows: Tensor, table: Tensor) -> Tensor:
        ctx.save_for_backward(rows, table)
        if is_intel():
            return F.linear(rows, table)
        return _as_rows(F.conv2d(_as_maps(rows), table[:, :, None, None]))

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        rows, table = ctx.saved_tensors  # type: ignore[attr-defined]
        for_rows, for_table = ctx.needs_input_grad  # type: ignore[attr-defined]
        to_rows = None
        if for_rows:
            maps, weight = _as_maps(rows), table[:, :, None, None]
            to_rows = _as_rows(input_gradient(_as_maps(gradient), maps, weight, SETTINGS))
        return to_rows, gradient.T @ rows if for_table else None


def _as_maps(rows: Tensor) -> Tensor:
    """Rows (N, C) as maps (1, C, N, 1), channels last: as they lie."""
    return rows.contiguous().view(1, len(rows), 1, -1).permute(0, 3, 1, 2)


def _as_rows(maps: Tensor) -> Tensor:
    """The way back."""
    return maps.permute(0, 2, 3, 1).reshape(maps.shape[2], -1)
