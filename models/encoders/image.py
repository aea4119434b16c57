"""The image encoder of SPADE's VAE (Park et al. 2019, appendix A and figure 14)."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.encoders.encoder import Encoder, Posterior, Style
from models.kernels.conv import Conv2d
from models.layers.normed_conv import NormedConv

SLOPE = 0.2
SIZE = 256


class ImageEncoder(Encoder):
    """Photo to the posterior of its style code: six stride-2 convolutions, then two linear layers.

    The photo is resized to 256x256 first (bilinear), so any size goes in.
    """

    def __init__(
        self, width: int = 64, style_width: int = 256, norm: str = "instance", spectral: bool = True
    ) -> None:
        super().__init__()
        channels = [3] + [width * multiple for multiple in (1, 2, 4, 8, 8, 8)]
        self.style_width = style_width
        self.code_shape = (style_width,)
        self.convs = nn.ModuleList(
            NormedConv(Conv2d(channels_in, channels_out, 3, stride=2, padding=1), norm, spectral)
            for channels_in, channels_out in pairwise(channels)
        )
        flat = channels[-1] * (SIZE // 2**6) ** 2
        self.to_mean = nn.Linear(flat, style_width)
        self.to_log_var = nn.Linear(flat, style_width)

    def forward(self, photo: Tensor) -> Posterior:
        """Photo in [-1, 1], (B, 3, H, W)."""
        x = photo
        if photo.shape[-2:] != (SIZE, SIZE):
            x = F.interpolate(photo, size=(SIZE, SIZE), mode="bilinear", align_corners=False)
        for conv in self.convs:
            x = F.leaky_relu(conv(x), SLOPE)
        x = x.flatten(1)  # (B, 8 width * 16)
        return Posterior(self.to_mean(x), self.to_log_var(x))

    def encode(self, photo: Tensor, labels: Tensor | None, rng: torch.Generator | None) -> Style:
        """A style code drawn from the photo's posterior (its mean without an `rng`): (B, D)."""
        posterior = self(photo)
        return Style(posterior.sample(rng), posterior)

    def prior(self, count: int, rng: torch.Generator) -> Tensor:
        """Styles drawn from N(0, 1): (count, D)."""
        return self.to_mean.weight.new_empty((count, self.style_width)).normal_(generator=rng)
