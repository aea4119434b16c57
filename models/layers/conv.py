"""Convolutions whose weight gradient is computed in the form that the processor is fast in."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, once_differentiable

FEW_POSITIONS = 256
"""Up to so many positions in a batch (B H W), a weight's gradient is one product of what it looks at."""


class Conv2d(nn.Conv2d):
    """`nn.Conv2d`: the same numbers, parameters and options.

    Channels last suits everything in these networks but the weight's gradient. oneDNN has none for it on
    processors without AVX-512 and falls back to a generic product, which takes two to five times as long as
    the contiguous one with the copies it needs; and where the maps are smaller than the weight, it takes
    about twice as long as a plain product on any processor (docs/performance.md). Where the gradient is of
    these forms it has no derivative of its own.
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
    learns = weight.requires_grad and torch.is_grad_enabled() and not torch.compiler.is_compiling()
    if not learns or not (_few_positions(x, weight, stride) or _contiguous_is_faster(x)):
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


def _few_positions(x: Tensor, weight: Tensor, stride: tuple[int, int]) -> bool:
    """Whether the weight's gradient is a product: of its channels-last memory then, as the weight is."""
    if not x.is_cpu or x.dim() != 4 or stride != (1, 1) or x[:, 0].numel() > FEW_POSITIONS:
        return False
    return weight.is_contiguous(memory_format=torch.channels_last)


def _contiguous_is_faster(x: Tensor) -> bool:
    if not x.is_cpu or x.dtype is torch.bfloat16 or is_autocast(x):
        return False
    if torch.backends.cpu.get_cpu_capability() == "AVX512":
        return False
    return x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()


Settings = tuple[tuple[int, int], tuple[int, int], tuple[int, int], bool, tuple[int, int], int]
"""Stride, padding, dilation, whether transposed, padding of the output, groups."""


def settings_of(stride: tuple[int, int], padding: tuple[int, int]) -> Settings:
    """What torch's gradients of a convolution ask for."""
    return stride, padding, (1, 1), False, (0, 0), 1


def input_gradient(gradient: Tensor, x: Tensor, weight: Tensor, settings: Settings) -> Tensor:
    """Of the maps that went in, (B, C_in, H, W); of `x` the shape matters."""
    only_x = [True, False, False]
    to_x: Tensor = torch.ops.aten.convolution_backward(gradient, x, weight, None, *settings, only_x)[0]
    return to_x


def weight_gradient(gradient: Tensor, x: Tensor, weight: Tensor, settings: Settings) -> Tensor:
    """Of the weight, in its layout; of `weight` the shape and layout matter."""
    if _few_positions(x, weight, settings[0]):
        return _product_gradient(gradient, x, weight.shape[2:], settings[1])
    contiguous = _contiguous_is_faster(x)
    if contiguous:
        gradient, x, weight = gradient.contiguous(), x.contiguous(), weight.new_empty(weight.shape)
    to_weight: Tensor = torch.ops.aten.convolution_backward(
        gradient, x, weight, None, *settings, [False, True, False]
    )[1]
    return to_weight.contiguous(memory_format=torch.channels_last) if contiguous else to_weight


def _product_gradient(
    gradient: Tensor, x: Tensor, kernel: tuple[int, ...], padding: tuple[int, int]
) -> Tensor:
    """(C_out, C_in, *kernel), channels last: gradients of all positions times the windows they come of."""
    padded = F.pad(x, (padding[1], padding[1], padding[0], padding[0]))
    windows = padded.permute(0, 2, 3, 1).unfold(1, kernel[0], 1).unfold(2, kernel[1], 1)
    windows = windows.permute(0, 1, 2, 4, 5, 3).flatten(3).flatten(0, 2)  # (B h w, k k C_in)
    of_positions = gradient.permute(0, 2, 3, 1).flatten(0, 2)  # (B h w, C_out)
    return (of_positions.t() @ windows).unflatten(1, (*kernel, -1)).permute(0, 3, 1, 2)


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
        return F.conv2d(x, weight, bias, stride, padding)

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
