"""Sums of chosen rows, forward and backward: the one sparse product that indexed layers are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import FunctionCtx


@dataclass(frozen=True)
class BagIndex:
    """Which rows of a table are summed into each row of a result.

    Result row i is the sum of table rows `rows[starts[i]:starts[i + 1]]` (to the end for the last i).
    `rows`: int64 (E,); `starts`: int64 (N_out,), not falling; `table_rows`: N_in. It depends on label
    maps alone, never on weights, so one bag_index serves every layer of a resolution.
    """

    rows: Tensor
    starts: Tensor
    table_rows: int

    @cached_property
    def transposed(self) -> BagIndex:
        """Which result rows each table row goes to: what the backward pass sums."""
        counts = self.starts.diff(append=self.starts.new_tensor([len(self.rows)]))  # (N_out,)
        results = torch.arange(len(self.starts), device=self.rows.device)
        results = results.repeat_interleave(counts, output_size=len(self.rows))  # (E,)
        # Narrow numbers are sorted in less than half the time of wide ones.
        narrow = torch.int16 if self.table_rows <= torch.iinfo(torch.int16).max else torch.int32
        order = self.rows.to(narrow).argsort(stable=True)  # (E,)
        uses = torch.bincount(self.rows, minlength=self.table_rows)  # (N_in,)
        return BagIndex(results[order], uses.cumsum(0) - uses, len(self.starts))

    def sum(self, table: Tensor) -> Tensor:
        """The summed rows (N_out, C) of a table (N_in, C), without a gradient."""
        return F.embedding_bag(self.rows, table, self.starts, mode="sum")


def bag_index(rows: Tensor, kept: Tensor, table_rows: int) -> BagIndex:
    """Sums the rows (N_out, k) of a table, but for those where `kept` (N_out, k) is false."""
    counts = kept.sum(1)  # (N_out,)
    return BagIndex(rows[kept], counts.cumsum(0) - counts, table_rows)


def embedding_bag(table: Tensor, bag_index: BagIndex) -> Tensor:
    """Rows (N_out, C): each the sum of the rows of `table` (N_in, C) that `bag_index` names.

    The backward pass is the same sum with the roles exchanged, over an index that is sorted once and
    shared, where autograd's own would sort it again for every layer.
    """
    return _GatherSum.apply(table, bag_index)


class _GatherSum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, table: Tensor, bag_index: BagIndex) -> Tensor:
        ctx.bag_index = bag_index  # type: ignore[attr-defined]
        return bag_index.sum(table)

    @staticmethod
    def backward(ctx: FunctionCtx, *gradients: Tensor) -> tuple[Tensor, None]:
        bag_index: BagIndex = ctx.bag_index  # type: ignore[attr-defined]
        # Through embedding_bag, so that a second derivative exists.
        return embedding_bag(gradients[0].contiguous(), bag_index.transposed), None
