"""Convolutions that are computed, forward and backward, in the form that the processor is fast in."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, once_differentiable

from models.kernels import im2col_conv as few_positions
from models.kernels.cpu_features import has_avx512


class Conv2d(nn.Conv2d):
    """`nn.Conv2d`: the same numbers, parameters and options.

    Channels last suits everything in these networks but the weight's gradient. oneDNN has none for it on
    processors without AVX-512 and falls back to a generic product, which takes two to five times as long as
    the contiguous one with the copies it needs; and where positions are few, it took about twice as long as a
    plain product (docs/performance.md); on some processors the maps and their gradient are products there,
    too. Where gradients are of these forms they have no derivative of their own.
    """

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        plain = self.padding_mode == "zeros" and self.groups == 1 and self.dilation == (1, 1)
        if not plain or isinstance(self.padding, str):
            return super()._conv_forward(input, weight, bias)
        return convolve(input, weight, bias, self.stride, self.padding)  # type: ignore[arg-type]


def convolve(
    x: Tensor, weight: Tensor, bias: Tensor | None, stride: tuple[int, int], padding: tuple[int, int]
) -> Tensor:
    """`F.conv2d` of maps (B, C_in, H, W), with gradients as `Conv2d` has them."""
    if torch.compiler.is_compiling() or (torch.is_grad_enabled() and not weight.requires_grad):
        return F.conv2d(x, weight, bias, stride, padding)
    few = few_positions.has_few_positions(x, weight, stride)
    if not few and not (torch.is_grad_enabled() and _contiguous_is_faster(x)):
        return F.conv2d(x, weight, bias, stride, padding)
    bias = None if bias is None else as_factor(bias)
    return _Convolve.apply(as_factor(x), as_factor(weight), bias, stride, padding)


def as_factor(x: Tensor) -> Tensor:
    """In the type that products are computed in: autocast's, where there is one."""
    return x.to(torch.get_autocast_dtype(x.device.type)) if is_autocast(x) else x


def is_autocast(x: Tensor) -> bool:
    """Whether products are computed in autocast's type; torch has none for some devices, as for meta."""
    device = x.device.type
    return torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)


def _contiguous_is_faster(x: Tensor) -> bool:
    if not x.is_cpu or x.dtype is torch.bfloat16 or is_autocast(x):
        return False
    if has_avx512():
        return False
    return x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()


Settings = tuple[tuple[int, int], tuple[int, int], tuple[int, int], bool, tuple[int, int], int]
"""Stride, padding, dilation, whether transposed, padding of the output, groups."""


def settings_of(stride: tuple[int, int], padding: tuple[int, int]) -> Settings:
    """What torch's gradients of a convolution ask for."""
    return stride, padding, (1, 1), False, (0, 0), 1


def maps_of(
    x: Tensor, weight: Tensor, bias: Tensor | None, stride: tuple[int, int], padding: tuple[int, int]
) -> Tensor:
    """`F.conv2d` without a gradient, of what has the type that products are computed in."""
    if few_positions.is_product(x, weight, stride):
        return few_positions.maps(x, weight, bias, padding)
    return F.conv2d(x, weight, bias, stride, padding)


def input_gradient(gradient: Tensor, x: Tensor, weight: Tensor, settings: Settings) -> Tensor:
    """Of the maps that went in, (B, C_in, H, W); of `x` the shape and type matter."""
    if few_positions.is_product(x, weight, settings[0]):
        return few_positions.input_gradient(gradient, x, weight, settings[1])
    only_x = [True, False, False]
    to_x: Tensor = torch.ops.aten.convolution_backward(gradient, x, weight, None, *settings, only_x)[0]
    return to_x


def weight_gradient(gradient: Tensor, x: Tensor, weight: Tensor, settings: Settings) -> Tensor:
    """Of the weight, in its layout; of `weight` the shape and layout matter."""
    if few_positions.has_few_positions(x, weight, settings[0]):
        return few_positions.weight_gradient(gradient, x, weight.shape[2:], settings[1])
    contiguous = _contiguous_is_faster(x)
    if contiguous:
        gradient, x, weight = gradient.contiguous(), x.contiguous(), weight.new_empty(weight.shape)
    to_weight: Tensor = torch.ops.aten.convolution_backward(
        gradient, x, weight, None, *settings, [False, True, False]
    )[1]
    return to_weight.contiguous(memory_format=torch.channels_last) if contiguous else to_weight


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
        ctx.settings = settings_of(stride, padding)  # type: ignore[attr-defined]
        return maps_of(x, weight, bias, stride, padding)

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors  # type: ignore[attr-defined]
        settings: Settings = ctx.settings  # type: ignore[attr-defined]
        for_x, for_weight, for_bias = ctx.needs_input_grad[:3]  # type: ignore[attr-defined]
        return (
            input_gradient(gradient, x, weight, settings) if for_x else None,
            weight_gradient(gradient, x, weight, settings) if for_weight else None,
            gradient.sum((0, 2, 3)) if for_bias else None,
            None,
            None,
        )
