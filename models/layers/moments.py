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

    `count`: of the values that they were taken over; None where they are constants (running averages),
    through which no gradient goes.
    """

    mean: Tensor
    variance: Tensor
    count: int | None

    def standardise(self, x: Tensor) -> Tensor:
        """(x - mean) / sqrt(variance + eps) of maps (B, C, H, W), in their type."""
        return torch.batch_norm(x, None, None, self.mean, self.variance, False, 0.0, EPS, False)

    def gradient(
        self,
        to_standardised: Tensor,
        x: Tensor,
        scale: Tensor,
        to_scale: Tensor,
        to_shift: Tensor,
        copies: int,
    ) -> Tensor:
        """The gradient of maps from that of the standardised maps (Ioffe & Szegedy 2015, section 3).

        (g - mean(g) - x mean(g x)) / std with standardised maps `x` (B, H, W, C). The means are over pixels,
        and pixels that share a row share its `scale` (N, C): they follow from the rows' own gradients,
        `to_scale` and `to_shift` (N, C). `copies` of each pixel of x were made by up-sampling.
        """
        inverse_std = torch.rsqrt(self.variance + EPS).to(to_standardised.dtype)
        if self.count is None:
            return to_standardised * inverse_std
        factor = scale.to(self.mean.dtype)
        sums = torch.stack([(factor * to_shift).sum(0), (factor * to_scale).sum(0)])  # (2, C)
        of_g, of_gx = (copies / self.count * sums).to(x.dtype)
        gradient = to_standardised - of_g
        return gradient.addcmul_(x, of_gx, value=-1).mul_(inverse_std)
