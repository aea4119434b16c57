"""Standardisation: (x - mean) / sqrt(var + eps), over the axes that give a norm its name.

| name | statistics over |
|---|---|
| batch | N, H, W; running averages at test time (Ioffe & Szegedy 2015) |
| sync_batch | the same over all processes |
| instance | H, W of a sample and channel (Ulyanov et al. 2016) |
| layer | C, H, W of a sample (Ba et al. 2016) |
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn

from models.kernels.standardise import EPS, Moments, standardise_samples, sync_batch_norm, widened


class Standardise(nn.Module):
    """Feature maps (B, C, H, W) to zero mean and unit variance over some axes; no affine."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def extra_repr(self) -> str:
        return str(self.channels)


class BatchStatistics(Standardise):
    """Over N, H, W; running averages (momentum 0.1, unbiased variance) in eval mode."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, momentum: float = 0.1) -> None:
        super().__init__(channels)
        self.momentum = momentum
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(
            x, self.running_mean, self.running_var, training=self.training, momentum=self.momentum, eps=EPS
        )

    @torch.no_grad()
    def moments(self, x: Tensor, copies: int) -> Moments:
        """What `forward` standardises by, for whoever does so in a pass of their own.

        Maps (B, C, H, W) each of whose pixels stands for so many `copies` (up-sampling by nearest, which
        alters the unbiased variance alone). In training the running averages move, as in `forward`.
        """
        if not self.training:
            return Moments(self.running_mean, self.running_var, constant=True)
        count = copies * x.numel() // self.channels
        if count == 1:
            raise ValueError(
                "batch statistics of one value a channel would make it zero whatever it shows; "
                "use larger images, a larger batch or fewer doublings"
            )
        mean, variance = torch.ops.aten.batch_norm_update_stats(
            widened(x), None, None, 0.0
        )  # biased, (C,) each
        self._move_averages(mean, variance * (count / (count - 1)))
        return Moments(mean, variance, constant=False)

    def _move_averages(self, mean: Tensor, unbiased: Tensor) -> None:
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), self.momentum)
        self.running_var.lerp_(unbiased.to(self.running_var.dtype), self.momentum)


class SyncBatchStatistics(BatchStatistics):
    """Over N, H, W of all processes, on any device (torch's SyncBatchNorm refuses CPUs).

    Every process's share of pixels may differ.
    """

    def forward(self, x: Tensor, copies: int = 1) -> Tensor:
        """Standardises maps (B, C, H, W); `copies`: what each pixel stands for, as in `moments`."""
        if not self.is_shared():
            return super().forward(x)
        together = sync_batch_norm(x)
        count = copies * together.values
        with torch.no_grad():
            self._move_averages(together.mean, together.variance * (count / (count - 1)))
        return together.maps

    def is_shared(self) -> bool:
        """Whether other processes' maps count now."""
        return self.training and dist.is_initialized() and dist.get_world_size() > 1


class InstanceStatistics(Standardise):
    """Over H, W of a sample and channel."""

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[-2:] == (1, 1):
            raise ValueError(
                "instance statistics of a map of one pixel would make it zero whatever it shows; "
                "use larger images or fewer doublings"
            )
        return standardise_samples(x, across_channels=False)


class LayerStatistics(Standardise):
    """Over C, H, W of a sample."""

    def forward(self, x: Tensor) -> Tensor:
        return standardise_samples(x, across_channels=True)


STATISTICS: dict[str, Callable[[int], Standardise]] = {
    "batch": BatchStatistics,
    "sync_batch": SyncBatchStatistics,
    "instance": InstanceStatistics,
    "layer": LayerStatistics,
}
