"""Convolutions in the form that the processor is fast in, forward and backward.

Where positions are few (B H W), a convolution library arranges the weight anew for every call, which takes as
long as the products, or longer; there the convolution is a plain product of patches (im2col) with the weight
as a table (docs/performance.md).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, once_differentiable

from models.kernels.dispatch import has_avx512, is_intel, is_twice_differentiable, multiplies_bf16


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


class GammaBetaConv2d(Conv2d):
    """gamma = conv(a) and beta = conv(a) stacked: output (B, 2 * channels, H, W), gamma first.

    One large product instead of two small ones; initialised as the two convolutions that it is
    (see `models.layers.initialisation`).
    """

    PARTS = 2

    def __init__(self, in_channels: int, channels: int, kernel_size: int, padding: int) -> None:
        super().__init__(in_channels, self.PARTS * channels, kernel_size, padding=padding)


def convolve(
    x: Tensor, weight: Tensor, bias: Tensor | None, stride: tuple[int, int], padding: tuple[int, int]
) -> Tensor:
    """`F.conv2d` of maps (B, C_in, H, W), with gradients as `Conv2d` has them."""
    fixed_weight = torch.is_grad_enabled() and not weight.requires_grad
    if fixed_weight or torch.compiler.is_compiling() or is_twice_differentiable():
        return F.conv2d(x, weight, bias, stride, padding)
    few = has_few_positions(x, weight, stride)
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
    if not x.is_cpu or x.dtype is torch.bfloat16 or is_autocast(x) or has_avx512():
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
    if is_product(x, weight, stride):
        return im2col_maps(x, weight, bias, padding)
    return F.conv2d(x, weight, bias, stride, padding)


def input_gradient(gradient: Tensor, x: Tensor, weight: Tensor, settings: Settings) -> Tensor:
    """Of the maps that went in, (B, C_in, H, W); of `x` the shape and type matter."""
    if is_product(x, weight, settings[0]):
        return im2col_input_gradient(gradient, x, weight, settings[1])
    return torch.ops.aten.convolution_backward(gradient, x, weight, None, *settings, [True, False, False])[0]


def weight_gradient(gradient: Tensor, x: Tensor, weight: Tensor, settings: Settings) -> Tensor:
    """Of the weight, in its layout; of `weight` the shape and layout matter."""
    if has_few_positions(x, weight, settings[0]):
        return im2col_weight_gradient(gradient, x, weight.shape[2:], settings[1])
    contiguous = _contiguous_is_faster(x)
    if contiguous:
        gradient, x, weight = gradient.contiguous(), x.contiguous(), weight.new_empty(weight.shape)
    only_weight = [False, True, False]
    to_weight = torch.ops.aten.convolution_backward(gradient, x, weight, None, *settings, only_weight)[1]
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


FEW_POSITIONS = 256
"""So many positions in a batch (B H W) are few."""
FEW_POSITIONS_OF_FLOAT32 = 64
"""And so many are where a product of float32 is faster in all its forms, for MKL on Intel's processors."""


def has_few_positions(x: Tensor, weight: Tensor, stride: tuple[int, int]) -> bool:
    """Whether the weight's gradient is a product: of its channels-last memory then, as the weight is."""
    if not x.is_cpu or x.dim() != 4 or stride != (1, 1) or x[:, 0].numel() > FEW_POSITIONS:
        return False
    return weight.is_contiguous(memory_format=torch.channels_last)


def is_product(x: Tensor, weight: Tensor, stride: tuple[int, int]) -> bool:
    """Whether maps and their gradient are products as well: where they are faster than oneDNN's forms."""
    if not has_few_positions(x, weight, stride):
        return False
    if x.dtype is torch.bfloat16:
        return multiplies_bf16()
    return x.dtype is torch.float32 and x[:, 0].numel() <= FEW_POSITIONS_OF_FLOAT32 and is_intel()


def im2col_maps(x: Tensor, weight: Tensor, bias: Tensor | None, padding: tuple[int, int]) -> Tensor:
    """`F.conv2d` of stride 1: (B, C_out, h, w), channels last."""
    batch, _, height, width = x.shape
    kernel = weight.shape[2:]
    patches, table = _patches(x, kernel, padding), _table(weight)
    # The weight first: so the product is faster by a sixth, and its result, which is small, is turned round.
    y = table @ patches.t() if bias is None else torch.addmm(bias[:, None], table, patches.t())  # (C_out, P)
    size = (batch, height + 2 * padding[0] - kernel[0] + 1, width + 2 * padding[1] - kernel[1] + 1)
    return y.t().contiguous().unflatten(0, size).permute(0, 3, 1, 2)


def im2col_input_gradient(gradient: Tensor, x: Tensor, weight: Tensor, padding: tuple[int, int]) -> Tensor:
    """Of the maps (B, C_in, H, W); of `x` the shape matters."""
    (batch, channels, height, width), kernel = x.shape, weight.shape[2:]
    of_patches = _positions(gradient) @ _table(weight)  # (P, k k C_in)
    h, w = gradient.shape[2:]
    of_patches = of_patches.view(batch, h, w, *kernel, channels)
    # Those of a pixel's patches are summed in float32: each is rounded to bf16 once, their sum once more.
    wide = torch.promote_types(x.dtype, torch.float32)
    padded = x.new_zeros(batch, height + 2 * padding[0], width + 2 * padding[1], channels, dtype=wide)
    for down in range(kernel[0]):
        for right in range(kernel[1]):
            padded[:, down : down + h, right : right + w] += of_patches[:, :, :, down, right]
    to_x = padded[:, padding[0] : padding[0] + height, padding[1] : padding[1] + width]
    return to_x.to(x.dtype).contiguous().permute(0, 3, 1, 2)


def im2col_weight_gradient(
    gradient: Tensor, x: Tensor, kernel: tuple[int, ...], padding: tuple[int, int]
) -> Tensor:
    """(C_out, C_in, *kernel), channels last: gradients of all positions times the patches they come of."""
    product = _positions(gradient).t() @ _patches(x, kernel, padding)
    return product.unflatten(1, (*kernel, -1)).permute(0, 3, 1, 2)


def _patches(x: Tensor, kernel: tuple[int, ...], padding: tuple[int, int]) -> Tensor:
    """What each position looks at, (P, k k C_in), of maps (B, C_in, H, W)."""
    padded = F.pad(x.permute(0, 2, 3, 1), (0, 0, padding[1], padding[1], padding[0], padding[0]))
    patches = padded.unfold(1, kernel[0], 1).unfold(2, kernel[1], 1)  # (B, h, w, C, k, k)
    return patches.permute(0, 1, 2, 4, 5, 3).flatten(3).flatten(0, 2)


def _table(weight: Tensor) -> Tensor:
    """A channels-last weight as it lies, (C_out, k k C_in)."""
    return weight.permute(0, 2, 3, 1).flatten(1)


def _positions(gradient: Tensor) -> Tensor:
    """(P, C_out)."""
    return gradient.permute(0, 2, 3, 1).flatten(0, 2)
