"""A convolution with constant weights in its three forms: of maps, of rows that maps take, of ids."""

from __future__ import annotations

from functools import cached_property

from torch import Tensor, nn

from models.kernels.embedding_bag import BagIndex
from models.kernels.indexed_conv import id_table, tap_table
from models.kernels.inference.onednn import Function, arranged_conv, arranged_linear


class ConstantConv(nn.Module):
    """The same numbers whichever form is asked for; weights are arranged for a form when it is first used.

    `conv` has a bias and zero padding; its weights must not change any more.
    """

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.conv = conv.requires_grad_(False)

    @property
    def bias(self) -> Tensor:
        """One number an output channel, (C_out,)."""
        assert self.conv.bias is not None, "rows carry a bias"
        return self.conv.bias

    def of_maps(self, x: Tensor) -> Tensor:
        """Maps (B, C_in, H, W) to (B, C_out, H, W)."""
        return self._of_maps(x)

    def of_rows(self, x: Tensor, to_patches: BagIndex) -> Tensor:
        """What maps take that take the values `x` (N_in, C_in): (N_out, C_out)."""
        products = self._products(x).view(-1, self.conv.out_channels)  # (N_in * taps, C_out)
        return to_patches.sum(products).add_(self.bias)

    def of_ids(self, classes: int, has_edges: bool, to_patches: BagIndex) -> Tensor:
        """What one-hot maps of ids take: (N_out, C_out)."""
        if has_edges not in self._id_tables:
            self._id_tables[has_edges] = id_table(self.conv.weight, classes, has_edges).contiguous()
        return to_patches.sum(self._id_tables[has_edges]).add_(self.bias)

    @cached_property
    def _of_maps(self) -> Function:
        return arranged_conv(self.conv)

    @cached_property
    def _products(self) -> Function:
        return arranged_linear(tap_table(self.conv.weight))

    @cached_property
    def _id_tables(self) -> dict[bool, Tensor]:
        return {}
