"""Convolutions of what takes few values: one product for each distinct value, then a sum of looked-up rows.

Exactly a convolution with zero padding, reordered: out(p) = sum over taps t of W_t x(p + t), where
W_t x is computed once for each distinct x.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.kernels.conv import as_factor
from models.kernels.embedding_bag import BagIndex, embedding_bag
from models.kernels.linear import product


def convolve_ids(conv: nn.Conv2d, classes: int, edges: bool, to_patches: BagIndex) -> Tensor:
    """The convolution of one-hot maps, (N, C_out): one row a distinct neighbourhood.

    Ids are class + classes * edge where the condition has `edges`.
    """
    assert conv.bias is not None, "the rows carry a bias"
    return embedding_bag(id_table(conv.weight, classes, edges), to_patches).add_(conv.bias)


def convolve_rows(conv: nn.Conv2d, x: Tensor, to_patches: BagIndex, bias: Tensor | None = None) -> Tensor:
    """The convolution of maps that take the values `x` (N_in, C_in): (N_out, C_out).

    `bias`: the convolution's own, if no other is given.
    """
    bias = conv.bias if bias is None else bias
    assert bias is not None, "the rows carry a bias"
    # Narrow before it is arranged anew, so that less is moved.
    products = product(x, tap_table(as_factor(conv.weight)))  # (N_in, taps * C_out)
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
