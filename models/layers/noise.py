"""Noise added to feature maps (Karras et al. 2019, section 3.2), as SEAN uses it (Zhu et al. 2020)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class AddedNoise(nn.Module):
    """x + weight_c * n: a standard normal number for each pixel, shared by all channels.

    `weight` (C,) is learned, 0 at first.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, rng: torch.Generator | None) -> Tensor:
        """Maps (B, C, H, W), the same shape out; n is drawn from `rng`, and none is added without it."""
        if rng is None:
            return x
        noise = x.new_empty((x.shape[0], 1, *x.shape[2:])).normal_(generator=rng)  # (B, 1, H, W)
        return torch.addcmul(x, noise, self.weight[:, None, None]).to(x.dtype)
