"""A convolution with a norm that sees no condition: the brick of discriminators, encoders and pix2pixHD."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from models.layers.spectral_norm import spectral_norm
from models.norms.statistics import InstanceStatistics


class AffineInstance(InstanceStatistics):
    """Over H, W of a sample and channel, then one learned pair a channel (Ulyanov et al. 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.scale = nn.Parameter(torch.ones(channels))
        self.shift = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps (B, C, H, W), the same shape out."""
        return super().forward(x) * self.scale[:, None, None] + self.shift[:, None, None]


PLAIN_NORMS: dict[str, Callable[[int], nn.Module]] = {
    # Ulyanov et al. 2016, without affine
    "instance": InstanceStatistics,
    # the same with affine: batch norm of a batch of one, by its own statistics at test time as well
    "instance_affine": AffineInstance,
    # Ioffe & Szegedy 2015, with affine and running averages
    "batch": nn.BatchNorm2d,
    "none": lambda channels: nn.Identity(),
}
"""Norms by their word, each from the number of channels."""


class NormedConv(nn.Module):
    """norm(conv(x)); the convolution's weight is spectrally normalised where `spectral` says so.

    `conv` loses its bias where a norm follows, which would take it away again; `norm`: a word of
    `PLAIN_NORMS`.
    """

    def __init__(self, conv: nn.Conv2d | nn.ConvTranspose2d, norm: str, spectral: bool) -> None:
        super().__init__()
        if norm not in PLAIN_NORMS:
            raise ValueError(f"norm={norm!r} is unknown here; choose one of {', '.join(PLAIN_NORMS)}")
        if norm != "none":
            conv.bias = None
        self.conv: nn.Module = spectral_norm(conv) if spectral else conv
        self.norm = PLAIN_NORMS[norm](conv.out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps (B, C_in, H, W) to (B, C_out, h, w)."""
        return self.norm(self.conv(x))
