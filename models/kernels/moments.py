"""Mean and deviation over a batch, as numbers a channel: what batch statistics standardise by."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

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
