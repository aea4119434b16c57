"""Maps at mean 0 and variance 1 over the batches of all processes: one message forward, one backward."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable

from models.kernels.moments import EPS, Moments, widened


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

    Each process, none without maps, tells the others its mean, its variance and its number of values, which
    may differ. The variance is the mean of theirs plus the variance of their means (Chan et al. 1983): no
    digits cancel.
    """
    return SyncBatchNormOutput(*_StandardisedTogether.apply(x))


class _StandardisedTogether(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        own_mean, own_variance = torch.ops.aten.batch_norm_update_stats(widened(x), None, None, 0.0)
        values = own_mean.new_full((1,), x.numel() / x.shape[1])
        told = own_mean.new_zeros(dist.get_world_size(), 2 * x.shape[1] + 1)
        told[dist.get_rank()] = torch.cat([own_mean, own_variance, values])
        dist.all_reduce(told)  # each process' row is zero in the others'
        means, variances, counts = told.split([x.shape[1], x.shape[1], 1], dim=1)
        count = counts.sum()
        shares = counts / count  # (processes, 1)
        mean = (shares * means).sum(0)
        variance = (shares * (variances + (means - mean).square())).sum(0)
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
