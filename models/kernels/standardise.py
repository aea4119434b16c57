"""Maps at mean 0 and variance 1 in few passes: over each sample, by given moments, and over all processes.

torch's group norm takes three to four times as long for channels last. Sums and deviations are of float32 at
least; E[x^2] - E[x]^2 would lose three digits where the mean is ten deviations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from models.kernels.dispatch import is_twice_differentiable

EPS = 1e-5
"""Added to variances."""


def widened(x: Tensor) -> Tensor:
    """In float32 at least, as sums over many pixels are taken."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


@dataclass(frozen=True)
class Moments:
    """`mean` and biased `variance`, (C,), float32 at least.

    `constant`: whether they are running averages, through which no gradient goes, and not of the maps
    themselves.
    """

    mean: Tensor
    variance: Tensor
    constant: bool

    def standardise(self, x: Tensor) -> Tensor:
        """(x - mean) / sqrt(variance + eps) of maps (B, C, H, W), in their type."""
        return torch.batch_norm(x, None, None, self.mean, self.variance, False, 0.0, EPS, False)

    def gradient(self, to_standardised: Tensor, x: Tensor) -> Tensor:
        """The gradient of maps `x` (B, C, H, W) from that of the standardised ones, in one kernel.

        (g - mean(g) - z mean(g z)) / std with z = (x - mean) / std (Ioffe & Szegedy 2015, section 3), the
        means over B, H, W; g / std where mean and variance are constants.
        """
        inverse_std = torch.rsqrt(self.variance + EPS)
        if self.constant:
            return to_standardised * inverse_std.to(to_standardised.dtype)[:, None, None]
        to_x: Tensor = torch.ops.aten.native_batch_norm_backward(
            to_standardised, x, None, None, None, self.mean, inverse_std, True, EPS, [True, False, False]
        )[0]
        return to_x


def standardise_samples(x: Tensor, across_channels: bool) -> Tensor:
    """(x - mean) / sqrt(variance + eps) of maps (B, C, H, W), the variance biased.

    Over H, W (Ulyanov et al. 2016), or over C, H, W (Ba et al. 2016) where `across_channels`.
    """
    if is_twice_differentiable():
        wide = widened(x)
        axes = (1, 2, 3) if across_channels else (2, 3)
        variance, mean = torch.var_mean(wide, axes, correction=0, keepdim=True)
        return ((wide - mean) * torch.rsqrt(variance + EPS)).to(x.dtype)
    return _StandardiseSamples.apply(x, (1, 2) if across_channels else (1,))


class _StandardiseSamples(torch.autograd.Function):
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


class SyncBatchNormOutput(NamedTuple):
    """Standardised `maps` (B, C, H, W), and what they were standardised by.

    `mean` and biased `variance` (C,) were taken over so many `values`, a tensor of one number.
    """

    maps: Tensor
    mean: Tensor
    variance: Tensor
    values: Tensor


def sync_batch_norm(x: Tensor) -> SyncBatchNormOutput:
    """(x - mean) / sqrt(variance + eps) of maps (B, C, H, W), over N, H, W of all processes.

    Each process, none without maps, sends the others its mean, its variance and its number of values, which
    may differ. The variance is the mean of theirs plus the variance of their means (Chan et al. 1983): no
    digits cancel.
    """
    return SyncBatchNormOutput(*_SyncBatchNorm.apply(x))


class _SyncBatchNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        own_mean, own_variance = torch.ops.aten.batch_norm_update_stats(widened(x), None, None, 0.0)
        values = own_mean.new_full((1,), x.numel() / x.shape[1])
        sent = own_mean.new_zeros(dist.get_world_size(), 2 * x.shape[1] + 1)
        sent[dist.get_rank()] = torch.cat([own_mean, own_variance, values])
        dist.all_reduce(sent)  # each process' row is zero in the others'
        means, variances, counts = sent.split([x.shape[1], x.shape[1], 1], dim=1)
        count = counts.sum()
        fractions = counts / count  # (processes, 1)
        mean = (fractions * means).sum(0)
        variance = (fractions * (variances + (means - mean).square())).sum(0)
        maps = Moments(mean, variance, constant=False).standardise(x)
        ctx.save_for_backward(maps, variance, count)
        ctx.mark_non_differentiable(mean, variance, count)
        return maps, mean, variance, count

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, gradient: Tensor, *_: Tensor) -> Tensor:
        """(g - mean(g) - z mean(g z)) / std (Ioffe & Szegedy 2015, section 3), means over all processes."""
        maps, variance, count = ctx.saved_tensors  # type: ignore[attr-defined]
        g, z = widened(gradient), widened(maps)
        sums = torch.stack([g.sum((0, 2, 3)), (g * z).sum((0, 2, 3))])
        dist.all_reduce(sums)
        of_g, of_gz = (sums / count)[:, :, None, None]
        inverse_std = torch.rsqrt(variance + EPS)[:, None, None]
        return (g - of_g).addcmul_(z, of_gz, value=-1).mul_(inverse_std).to(maps.dtype)
