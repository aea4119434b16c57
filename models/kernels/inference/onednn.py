"""Products with constant weights that oneDNN has arranged once: the one file that knows the operators for it.

Given weights in torch's layout, oneDNN arranges them anew in every call; at the low resolutions of a
generator, where a layer has many weights and few pixels, that takes longer than the convolution.
torch.compile prepares weights with the same operators when it freezes a network. They are not of torch's
public interface, so where a version of torch lacks them the plain functions are used: the same numbers,
later.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

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
