"""Convolutions of maps that take few values: a product for each distinct value, then sums of rows.

Exactly a convolution with zero padding, reordered: out(p) = sum over taps t of W_t x(p + t), where W_t x is
computed once for each distinct x. Which rows are summed depends on the label map alone, so one `BagIndex`
serves every layer of a resolution.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, once_differentiable

from models.kernels.conv import as_factor, input_gradient, is_autocast, settings_of
from models.kernels.dispatch import is_intel, is_twice_differentiable

SETTINGS = settings_of((1, 1), (0, 0))


def convolve_ids(
    conv: nn.Conv2d, classes: int, edges: bool, to_patches: BagIndex, noise: RegionNoise | None = None
) -> Tensor:
    """The convolution of one-hot maps, (N, C_out): one row a unique patch.

    Ids are class + classes * edge where the condition has `edges`; with noise, places in `noise`.
    """
    assert conv.bias is not None, "the rows carry a bias"
    label_channels = classes + edges
    table = id_table(conv.weight[:, :label_channels], classes, edges)
    if noise is not None:
        shares = linear(noise.vectors.to(conv.weight.dtype), tap_table(conv.weight[:, label_channels:]))
        table = noise.table(table, shares)
    return embedding_bag(table, to_patches).add_(conv.bias)


def convolve_rows(conv: nn.Conv2d, x: Tensor, to_patches: BagIndex, bias: Tensor | None = None) -> Tensor:
    """The convolution of maps that take the values `x` (N_in, C_in): (N_out, C_out).

    `bias`: the convolution's own, if no other is given.
    """
    bias = conv.bias if bias is None else bias
    assert bias is not None, "the rows carry a bias"
    # Narrow before it is arranged anew, so that less is moved.
    products = linear(x, tap_table(as_factor(conv.weight)))  # (N_in, taps * C_out)
    rows = embedding_bag(products.view(-1, conv.out_channels), to_patches)
    # Not `+`: these rows are nobody else's. Of one type, since two would go through a copy.
    return rows.add_(bias.to(rows.dtype))


def id_table(weight: Tensor, classes: int, edges: bool) -> Tensor:
    """What each id contributes at each tap of a kernel (C_out, K or K + 1, k, k): (ids * taps, C_out).

    The kernel itself is the table: W_t x for a one-hot x is a column of W_t.
    """
    table = weight.flatten(2).permute(1, 2, 0)  # (K or K + 1, taps, C_out)
    if edges:
        table, edge = table.split([classes, 1])
        table = torch.cat([table, table + edge])  # (2 K, taps, C_out)
    return table.flatten(0, 1)


def tap_table(weight: Tensor) -> Tensor:
    """The taps of a kernel (C_out, C_in, k, k) below each other, (taps * C_out, C_in)."""
    return weight.flatten(2).permute(2, 0, 1).flatten(0, 1)


class RegionNoise(NamedTuple):
    """The noise of regions, an id in one sample each: `vectors` (R, N), and the `ids` (R,)."""

    vectors: Tensor
    ids: Tensor

    def table(self, table: Tensor, shares: Tensor) -> Tensor:
        """What each region contributes at each tap, (R * taps, C_out): its id's row and its noise's share.

        `table`: of ids, (ids * taps, C_out); `shares`: the products of the noise, (R, taps * C_out).
        """
        taps = shares.shape[1] // table.shape[1]
        rows = table.unflatten(0, (-1, taps)).index_select(0, self.ids)  # (R, taps, C_out)
        return (rows + shares.view_as(rows)).flatten(0, 1)


@dataclass(frozen=True)
class BagIndex:
    """Which rows of a table are summed into each row of a result, in the words of `F.embedding_bag`.

    Result row i is the sum of table rows `indices[offsets[i]:offsets[i + 1]]` (to the end for the last i).
    `indices`: int64 (E,); `offsets`: int64 (N_out,), not falling; `table_size`: N_in.
    """

    indices: Tensor
    offsets: Tensor
    table_size: int

    @cached_property
    def transposed(self) -> BagIndex:
        """Which result rows each table row goes to: what the backward pass sums."""
        counts = self.offsets.diff(append=self.offsets.new_tensor([len(self.indices)]))  # (N_out,)
        results = torch.arange(len(self.offsets), device=self.indices.device)
        results = results.repeat_interleave(counts, output_size=len(self.indices))  # (E,)
        # Narrow numbers are sorted in less than half the time of wide ones.
        narrow = torch.int16 if self.table_size <= torch.iinfo(torch.int16).max else torch.int32
        order = self.indices.to(narrow).argsort(stable=True)  # (E,)
        uses = torch.bincount(self.indices, minlength=self.table_size)  # (N_in,)
        return BagIndex(results[order], uses.cumsum(0) - uses, len(self.offsets))

    def sum(self, table: Tensor) -> Tensor:
        """The summed rows (N_out, C) of a table (N_in, C), without a gradient."""
        return F.embedding_bag(self.indices, table, self.offsets, mode="sum")


def bag_index(rows: Tensor, kept: Tensor, table_size: int) -> BagIndex:
    """Sums the rows (N_out, k) of a table, but for those where `kept` (N_out, k) is false."""
    counts = kept.sum(1)  # (N_out,)
    return BagIndex(rows[kept], counts.cumsum(0) - counts, table_size)


def embedding_bag(table: Tensor, index: BagIndex) -> Tensor:
    """Rows (N_out, C): each the sum of the rows of `table` (N_in, C) that `index` names.

    The backward pass is the same sum with the roles exchanged, over an index that is sorted once and
    shared, where autograd's own would sort it again for every layer.
    """
    return _EmbeddingBag.apply(table, index)


class _EmbeddingBag(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, table: Tensor, index: BagIndex) -> Tensor:
        ctx.index = index  # type: ignore[attr-defined]
        return index.sum(table)

    @staticmethod
    def backward(ctx: FunctionCtx, *gradients: Tensor) -> tuple[Tensor, None]:
        index: BagIndex = ctx.index  # type: ignore[attr-defined]
        # Through embedding_bag, so that a second derivative exists.
        return embedding_bag(gradients[0].contiguous(), index.transposed), None


def linear(rows: Tensor, table: Tensor) -> Tensor:
    """rows @ table^T, of (N, C_in) and (M, C_in): (N, M).

    In float32 on CPUs as a 1x1 convolution, which oneDNN computes, where torch gives products to MKL: a third
    faster at the sizes of these tables, but for the forward product on Intel's own processors, and there
    for the gradient of few rows (docs/performance.md).
    """
    if not rows.is_cpu or rows.dtype is not torch.float32 or is_autocast(rows) or is_twice_differentiable():
        return F.linear(rows, table)
    return _Linear.apply(rows, table)


class _Linear(torch.autograd.Function):
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
