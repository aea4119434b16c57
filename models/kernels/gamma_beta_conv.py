"""Two convolutions of one input, computed as one product."""

from __future__ import annotations

from models.kernels.conv import Conv2d


class GammaBetaConv2d(Conv2d):
    """gamma = conv(a) and beta = conv(a) stacked: output (B, 2 * channels, H, W), gamma first.

    One large product instead of two small ones; initialised as the two convolutions that it is
    (see `models.layers.initialisation`).
    """

    PARTS = 2

    def __init__(self, in_channels: int, channels: int, kernel_size: int, padding: int) -> None:
        super().__init__(in_channels, self.PARTS * channels, kernel_size, padding=padding)
