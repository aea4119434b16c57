"""Convolutions and products with constant weights, which oneDNN has arranged once.

Given weights in torch's layout, oneDNN arranges them anew in every call; at the low resolutions of a
generator, where a layer has many weights and few pixels, that takes longer than the convolution.
torch.compile prepares weights with the same operators when it freezes a network. They are not of torch's
public interface, and this is the one file that knows them: where a version of torch lacks them the plain
functions are used, the same numbers, later.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.kernels.indexed_conv import BagIndex, RegionNoise, id_table, tap_table

Function = Callable[[Tensor], Tensor]
OPERATORS = (
    "_reorder_convolution_weight",
    "_convolution_pointwise",
    "_reorder_linear_weight",
    "_linear_pointwise",
)


def can_arrange(weight: Tensor) -> bool:
    """Whether these weights can be arranged here: on CPUs, in float32, or bf16 where the processor has it."""
    if not (weight.is_cpu and torch.backends.mkldnn.is_available() and torch.backends.mkldnn.enabled):
        return False
    if weight.dtype is torch.bfloat16:
        can_compute = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    else:
        can_compute = weight.dtype is torch.float32
    return can_compute and all(hasattr(torch.ops.mkldnn, name) for name in OPERATORS)


def arranged_conv(conv: nn.Conv2d) -> Function:
    """The convolution of maps (B, C_in, H, W) with its present weights; zero padding."""
    weight, bias = conv.weight.detach(), None if conv.bias is None else conv.bias.detach()
    padding, stride, dilation = (tuple(map(int, pair)) for pair in (conv.padding, conv.stride, conv.dilation))
    if not can_arrange(weight):
        return lambda x: F.conv2d(x, weight, bias, stride, padding, dilation, conv.groups)
    operators = torch.ops.mkldnn
    kept: tuple[torch.Size, Tensor] | None = None

    def convolve(x: Tensor) -> Tensor:
        nonlocal kept
        # The best one depends on the size of the maps. One is kept: it is as large as the weights.
        size, arranged = kept or (None, weight)
        if size != x.shape:
            arranged = operators._reorder_convolution_weight(
                weight, padding, stride, dilation, conv.groups, x.shape
            )
            kept = (x.shape, arranged)
        return operators._convolution_pointwise(
            x, arranged, bias, padding, stride, dilation, conv.groups, "none", [], ""
        )

    return convolve


def arranged_linear(weight: Tensor) -> Function:
    """x @ weight.T of rows (N, C_in), for a constant weight (C_out, C_in)."""
    weight = weight.detach().contiguous()
    if not can_arrange(weight):
        return lambda x: F.linear(x, weight)
    operators = torch.ops.mkldnn
    arranged = operators._reorder_linear_weight(weight)
    return lambda x: operators._linear_pointwise(x, arranged, None, "none", [], "")


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

    def of_ids(
        self, classes: int, has_edges: bool, to_patches: BagIndex, noise: RegionNoise | None = None
    ) -> Tensor:
        """What one-hot maps of ids take, and noise beside them: (N_out, C_out)."""
        if has_edges not in self._id_tables:
            labels = self.conv.weight[:, : classes + has_edges]
            self._id_tables[has_edges] = id_table(labels, classes, has_edges).contiguous()
        table = self._id_tables[has_edges]
        if noise is not None:
            width = noise.vectors.shape[1]
            shares = noise.vectors.to(table.dtype) @ tap_table(self.conv.weight[:, -width:]).T
            table = noise.table(table, shares)
        return to_patches.sum(table).add_(self.bias)

    @cached_property
    def _of_maps(self) -> Function:
        return arranged_conv(self.conv)

    @cached_property
    def _products(self) -> Function:
        return arranged_linear(tap_table(self.conv.weight))

    @cached_property
    def _id_tables(self) -> dict[bool, Tensor]:
        return {}
