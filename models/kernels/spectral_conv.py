"""A convolution under spectral norm that divides its maps and not its weight."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, once_differentiable
from torch.nn.utils import parametrize

from models.kernels.conv import Conv2d, as_factor, input_gradient, maps_of, settings_of, weight_gradient
from models.kernels.dispatch import is_twice_differentiable
from models.layers.spectral_norm import (
    SingularValue,
    SpectralNorm,
    WeightMatrix,
    spectral_norm,
    to_unnormalised,
)


class SpectralConv2d(Conv2d):
    """y = (W / sigma) x + bias, computed as (W x) / sigma + bias; stride 1, padding by zeros.

    Parameters and numbers are those of `spectral_norm(Conv2d(...))`. But the maps are divided and not the
    weight, which at the sizes where most of a generator's weights are is larger than the maps, and would be
    written anew in every pass and kept for the backward (in bf16 its narrow copy is).
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, padding: int = 0, bias: bool = True
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, padding=padding, bias=bias)
        spectral_norm(self)

    def forward(self, input: Tensor) -> Tensor:
        # Constant weights of inference are plain ones, and a compiler fuses what it is given.
        is_plain = torch.compiler.is_compiling() or is_twice_differentiable()
        if is_plain or not parametrize.is_parametrized(self):
            return super().forward(input)
        weight = self.parametrizations.weight.original  # type: ignore[union-attr]
        norm = self.parametrizations.weight[0]  # type: ignore[index, union-attr]
        assert isinstance(norm, SpectralNorm) and isinstance(weight, nn.Parameter)
        return _Convolve.apply(input, weight, self.bias, norm.largest(weight.detach()), self.padding)


class _Convolve(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: FunctionCtx,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        largest: SingularValue,
        padding: tuple[int, int],
    ) -> Tensor:
        ctx.input_type = x.dtype  # type: ignore[attr-defined]
        x, factor = as_factor(x), as_factor(weight)
        inverse = largest.sigma.reciprocal()
        ctx.save_for_backward(x, weight, factor, largest.u, largest.v, inverse)
        ctx.padding = padding  # type: ignore[attr-defined]
        y = maps_of(x, factor, None, (1, 1), padding)
        if bias is None:
            return y.mul_(inverse)
        # Of one type: a sum of two types would go through a copy of the maps.
        return torch.addcmul(bias.to(y.dtype)[:, None, None], y, inverse, out=y)

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, factor, u, v, inverse = ctx.saved_tensors  # type: ignore[attr-defined]
        settings = settings_of((1, 1), ctx.padding)  # type: ignore[attr-defined]
        for_x, for_weight, for_bias = ctx.needs_input_grad[:3]  # type: ignore[attr-defined]
        to_x = to_weight = None
        scaled = gradient * inverse
        if for_x:
            to_x = input_gradient(scaled, x, factor, settings).to(ctx.input_type)  # type: ignore[attr-defined]
        if for_weight:
            to_weight = weight_gradient(scaled, x, factor, settings).to(weight.dtype)
            v = WeightMatrix(weight, 0).in_memory_order(v)
            to_weight = to_unnormalised(to_weight, weight, u, v, 0, factor=inverse)
        to_bias = gradient.sum((0, 2, 3), dtype=weight.dtype) if for_bias else None
        return to_x, to_weight, to_bias, None, None
