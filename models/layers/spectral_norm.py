"""Spectral normalisation (Miyato et al. 2018, algorithm 1), in the order of the published weights.

`spectral_norm` puts it on any layer; `SpectralConv2d` is a convolution that divides its maps by it, not its
weight.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, once_differentiable
from torch.nn.utils.parametrize import is_parametrized, register_parametrization

from models.kernels.conv import (
    Conv2d,
    as_factor,
    input_gradient,
    maps_of,
    settings_of,
    weight_gradient,
)
from models.kernels.dispatch import is_twice_differentiable

EPS = 1e-12
FIRST_ITERATIONS = 15


class SingularValue(NamedTuple):
    """sigma = u^T W v, a scalar; u (outputs,) and v (all the rest,), in the published order."""

    u: Tensor
    v: Tensor
    sigma: Tensor


class SpectralNorm(nn.Module):
    """W / sigma with sigma = u^T W v; in training one power iteration first.

    An iteration is v = W^T u, then u = W v, each normalised. W is the weight as a matrix, (outputs, all the
    rest); it is computed in the weight's own precision, also under autocast.

    torch's own parametrization takes u first. Both go to the same limit, but the sigma of a step differs,
    and with it every number of a training that starts from published weights.
    """

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, output_axis: int) -> None:
        super().__init__()
        self.output_axis = output_axis
        rows = weight.detach().transpose(0, output_axis).flatten(1)
        self.register_buffer("_u", F.normalize(torch.randn_like(rows[:, 0]), dim=0, eps=EPS))
        self.register_buffer("_v", F.normalize(torch.randn_like(rows[0]), dim=0, eps=EPS))
        self.settle(weight)

    @torch.no_grad()
    def _iterate(self, matrix: WeightMatrix) -> Tensor:
        """Moves the vectors; returns W v, whose norm is sigma, as u is W v normalised."""
        v = F.normalize(matrix.rows.mT @ self._u, dim=0, eps=EPS)
        product = matrix.rows @ v
        self._u.copy_(F.normalize(product, dim=0, eps=EPS))
        self._v.copy_(matrix.published(v))
        return product

    def settle(self, weight: Tensor) -> None:
        """Moves the vectors to those of a weight that has been set anew."""
        for _ in range(0 if weight.is_meta else FIRST_ITERATIONS):  # a meta weight has a shape and no values
            self._iterate(WeightMatrix(weight.detach(), self.output_axis))

    @torch.no_grad()
    def largest(self, weight: Tensor) -> SingularValue:
        """The singular value that `forward` divides by; in training the vectors move first."""
        with _without_autocast(weight.device.type):
            matrix = WeightMatrix(weight, self.output_axis)
            product = (
                self._iterate(matrix) if self.training else matrix.rows @ matrix.in_memory_order(self._v)
            )
            # Cloned, so that a second forward may move the vectors before the first one's backward.
            return SingularValue(self._u.clone(), self._v.clone(), torch.dot(self._u, product))

    def forward(self, weight: Tensor) -> Tensor:
        largest = self.largest(weight.detach())
        if is_twice_differentiable():
            matrix = WeightMatrix(weight, self.output_axis)
            return weight / torch.dot(largest.u, matrix.rows @ matrix.in_memory_order(largest.v))
        return _Normalise.apply(weight, *largest, self.output_axis)


class WeightMatrix:
    """A weight as a matrix (outputs, all the rest), the rest in the order of memory: nothing is copied.

    Published vectors v have the order (inputs, height, width); under channels_last the inputs come last.
    """

    def __init__(self, weight: Tensor, output_axis: int) -> None:
        axes = [output_axis, *(axis for axis in range(weight.dim()) if axis != output_axis)]
        self.inputs_last = weight.dim() == 4 and weight.permute(axes[0], *axes[2:], axes[1]).is_contiguous()
        self.axes = [axes[0], *axes[2:], axes[1]] if self.inputs_last else axes
        self.shape = weight.permute(self.axes).shape
        self.rows = weight.permute(self.axes).flatten(1)

    def in_memory_order(self, v: Tensor) -> Tensor:
        """A published v in the order of these columns."""
        return v.view(self.shape[-1], -1).mT.flatten() if self.inputs_last else v

    def published(self, v: Tensor) -> Tensor:
        """The way back."""
        return v.view(-1, self.shape[-1]).mT.flatten() if self.inputs_last else v

    def weight(self, rows: Tensor) -> Tensor:
        """Rows like these as a weight in the memory layout of this one."""
        order = sorted(range(len(self.axes)), key=self.axes.__getitem__)
        return rows.view(self.shape).permute(order)


class _Normalise(torch.autograd.Function):
    """W / sigma, sigma = u^T W v for constant u and v, without temporaries as large as W."""

    @staticmethod
    def forward(
        ctx: FunctionCtx, weight: Tensor, u: Tensor, v: Tensor, sigma: Tensor, output_axis: int
    ) -> Tensor:
        v = WeightMatrix(weight, output_axis).in_memory_order(v)
        inverse = sigma.reciprocal()
        normalised = weight * inverse
        ctx.save_for_backward(normalised, u, v, inverse)
        ctx.output_axis = output_axis  # type: ignore[attr-defined]
        return normalised

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, gradient: Tensor) -> tuple[Tensor, None, None, None, None]:
        normalised, u, v, inverse = ctx.saved_tensors  # type: ignore[attr-defined]
        axis: int = ctx.output_axis  # type: ignore[attr-defined]
        return to_unnormalised(gradient * inverse, normalised, u, v, axis), None, None, None, None


def to_unnormalised(
    gradient: Tensor, normalised: Tensor, u: Tensor, v: Tensor, output_axis: int, factor: Tensor | None = None
) -> Tensor:
    """The gradient of W, written over `gradient`, which is G / sigma, where G is that of N = W / sigma.

    (G - <G, N> u v^T) / sigma. `factor`: what `normalised` is still to be multiplied by to be N; `v` in the
    order of memory.
    """
    matrix = WeightMatrix(normalised, output_axis)
    rows = gradient.permute(matrix.axes).flatten(1)
    along = torch.dot(rows.flatten(), matrix.rows.flatten())
    along = along if factor is None else along * factor
    return matrix.weight(rows.addr_(u, v * -along))


def _without_autocast(device: str) -> AbstractContextManager[object]:
    """Products in their factors' own precision; torch knows no autocast for some devices, as for meta."""
    return torch.autocast(device, enabled=False) if torch.amp.is_autocast_available(device) else nullcontext()


def settle_spectral_norms(network: nn.Module) -> None:
    """Moves all spectral vectors of a network to those of its weights, after these have been initialised."""
    for module in network.modules():
        parametrizations: Any = getattr(module, "parametrizations", {})
        if "weight" in parametrizations and isinstance(parametrizations.weight[0], SpectralNorm):
            parametrizations.weight[0].settle(parametrizations.weight.original)


def spectral_norm(layer: nn.Module) -> nn.Module:
    """The layer with its weight under spectral norm; outputs are rows (columns, if it is transposed)."""
    axis = 1 if isinstance(layer, nn.ConvTranspose2d) else 0
    assert isinstance(layer.weight, Tensor)
    register_parametrization(layer, "weight", SpectralNorm(layer.weight, axis))
    return layer


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
        if is_plain or not is_parametrized(self):
            return super().forward(input)
        weight = self.parametrizations.weight.original  # type: ignore[union-attr]
        norm = self.parametrizations.weight[0]  # type: ignore[index, union-attr]
        assert isinstance(norm, SpectralNorm) and isinstance(weight, nn.Parameter)
        return _SpectralConvolve.apply(input, weight, self.bias, norm.largest(weight.detach()), self.padding)


class _SpectralConvolve(torch.autograd.Function):
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
