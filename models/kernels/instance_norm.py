"""Maps of each sample at mean 0 and variance 1, in the few passes that channels last allows.

torch's group norm takes three to four times as long in that layout, and would keep maps in float32 for bf16.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from models.kernels.moments import EPS, widened


def standardised(x: Tensor, across_channels: bool) -> Tensor:
    """(x - mean) / sqrt(variance + eps) of maps (B, C, H, W), the variance biased.

    Over H, W (Ulyanov et al. 2016), or over C, H, W (Ba et al. 2016) where `across_channels`. Sums and
    deviations are of float32 at least, and deviations are taken before they are squared: E[x^2] - E[x]^2
    would lose three digits where the mean is ten deviations.
    """
    return _Standardised.apply(x, (1, 2) if across_channels else (1,))


class _Standardised(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, axes: tuple[int, ...]) -> Tensor:
        pixels = x.permute(0, 2, 3, 1).flatten(1, 2)  # (B, H W, C)
        deviations = widened(pixels)
        deviations = deviations - deviations.mean(axes, keepdim=True)
        squares = torch.linalg.vector_norm(deviations, dim=axes, keepdim=True).square()
        count = deviations.numel() // squares.numel()
        inverse_std = torch.rsqrt(squares / count + EPS)
        z = deviations.mul_(inverse_std).to(x.dtype)
        ctx.save_for_backward(z, inverse_std)
        ctx.axes = axes  # type: ignore[attr-defined]
        return _maps(z, x)

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, gradient: Tensor) -> tuple[Tensor, None]:
        """(g - mean(g) - z mean(g z)) / std (Ioffe & Szegedy 2015, section 3)."""
        z, inverse_std = ctx.saved_tensors  # type: ignore[attr-defined]
        axes: tuple[int, ...] = ctx.axes  # type: ignore[attr-defined]
        z, g = widened(z), widened(gradient.permute(0, 2, 3, 1).flatten(1, 2))
        of_g, of_gz = (term.mean(axes, keepdim=True) for term in (g, g * z))
        to_x = (g - of_g).addcmul_(z, of_gz, value=-1).mul_(inverse_std)
        return _maps(to_x.to(gradient.dtype), gradient), None


def _maps(pixels: Tensor, like: Tensor) -> Tensor:
    """Pixels (B, H W, C) as maps (B, C, H, W)."""
    return pixels.unflatten(1, like.shape[2:]).permute(0, 3, 1, 2)
