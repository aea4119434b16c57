"""Convolutions whose weight gradient is computed in the memory layout that the processor is fast in."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, once_differentiable


class Conv2d(nn.Conv2d):
    """`nn.Conv2d`: the same numbers, parameters and options.

    Channels last suits everything in these networks but one thing: oneDNN has no weight gradient for it on
    processors without AVX-512 and falls back to a generic product, which takes two to five times as long as
    the contiguous one with the copies it needs (docs/performance.md).
    """

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        plain = self.padding_mode == "zeros" and self.groups == 1 and self.dilation == (1, 1)
        if not plain or isinstance(self.padding, str):
            return super()._conv_forward(input, weight, bias)
        return convolve(input, weight, bias, self.stride, self.padding)  # type: ignore[arg-type]


def convolve(
    x: Tensor, weight: Tensor, bias: Tensor | None, stride: tuple[int, int], padding: tuple[int, int]
) -> Tensor:
    """`F.conv2d` of maps (B, C_in, H, W), with the weight's gradient as `Conv2d` has it."""
    if not weight.requires_grad or not _contiguous_is_faster(x):
        return F.conv2d(x, weight, bias, stride, padding)
    return _Convolve.apply(x, weight, bias, stride, padding)


def _contiguous_is_faster(x: Tensor) -> bool:
    if torch.compiler.is_compiling() or not torch.is_grad_enabled() or not x.is_cpu:
        return False
    if torch.is_autocast_enabled(x.device.type) or torch.backends.cpu.get_cpu_capability() == "AVX512":
        return False
    return x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()


class _Convolve(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: FunctionCtx,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        stride: tuple[int, int],
        padding: tuple[int, int],
    ) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.settings = (stride, padding, (1, 1), False, (0, 0), 1)  # type: ignore[attr-defined]
        return F.conv2d(x, weight, bias, stride, padding)

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors  # type: ignore[attr-defined]
        settings = ctx.settings  # type: ignore[attr-defined]
        for_x, for_weight, for_bias = ctx.needs_input_grad[:3]  # type: ignore[attr-defined]
        convolution_backward = torch.ops.aten.convolution_backward
        to_x = to_weight = to_bias = None
        if for_x:
            to_x = convolution_backward(gradient, x, weight, None, *settings, [True, False, False])[0]
        if for_weight:
            # The weight's numbers do not matter here, its shape does.
            shape, channels = weight.new_empty(weight.shape), [len(weight)] if for_bias else None
            _, to_weight, to_bias = convolution_backward(
                gradient.contiguous(), x.contiguous(), shape, channels, *settings, [False, True, for_bias]
            )
            to_weight = to_weight.contiguous(memory_format=torch.channels_last)
        elif for_bias:
            to_bias = gradient.sum((0, 2, 3))
        return to_x, to_weight, to_bias, None, None
