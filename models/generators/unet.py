"""pix2pix's U-Net (Isola et al. 2017, section 3.2 and appendix 6.1.1)."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition
from models.generators.base import Generator
from models.kernels.conv import Conv2d
from models.layers.normed_conv import NormedConv

SLOPE = 0.2
WIDEST = 8
NOISY_LAYERS = 3


class UnetGenerator(Generator):
    """Label map down to a few pixels and up again, each step up seeing the step down of its size.

    Down: 4x4 convolutions of stride 2 to 1, 2, 4, 8, 8, ... times `width` channels, `depth` of them, leaky
    ReLU. Up: transposed ones back, ReLU, each after the first on its input with the skip concatenated; tanh.
    The outermost layers and the innermost one down have no norm (a norm of a single pixel is zero).

    The paper's noise is dropout in the first three layers up, in training and at test time alike. It is drawn
    from the condition's `rng`; without one there is no dropout and the image is determined.

    `classes`: K, the unknown class included; `edges`: the condition carries instance borders; `norm`:
    `batch`, `instance` (without affine) or `instance_affine` (the paper's: batch norm of one image, by its
    own statistics at test time as well); `dropout`: fraction of the features dropped, in [0, 1).
    """

    class_channels: ClassVar = {"down.0.conv.weight": (1, 0)}

    def __init__(
        self,
        classes: int,
        edges: bool = False,
        width: int = 64,
        depth: int = 8,
        norm: str = "batch",
        spectral: bool = False,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        if depth < 2 or not 0 <= dropout < 1:
            raise ValueError(f"a U-Net needs depth >= 2 and 0 <= dropout < 1, not {depth} and {dropout}")
        self.classes, self.dropout = classes, dropout
        down = [classes + edges] + [width * min(2**index, WIDEST) for index in range(depth)]
        # Up again: from the innermost maps, then from what the layer before made next to its skip.
        up = [(down[-1], down[-2])] + [(2 * inputs, outputs) for inputs, outputs in pairwise(down[-2:0:-1])]
        down_norms = ["none"] + [norm] * (depth - 2) + ["none"]
        self.down = nn.ModuleList(
            NormedConv(Conv2d(inputs, outputs, 4, stride=2, padding=1), layer_norm, spectral)
            for (inputs, outputs), layer_norm in zip(pairwise(down), down_norms, strict=True)
        )
        self.up = nn.ModuleList(
            NormedConv(nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1), norm, spectral)
            for inputs, outputs in up
        )
        self.to_rgb = nn.ConvTranspose2d(2 * width, 3, 4, stride=2, padding=1)
        self.multiple = 2**depth
        self.draws_noise = dropout > 0

    def forward(self, condition: Condition) -> Tensor:
        """An image in [-1, 1] of the condition's size, (B, 3, H, W)."""
        x = condition.one_hot(self.classes, like=self.to_rgb.weight)  # (B, K, H, W)
        skips = []
        for index, conv in enumerate(self.down):
            x = conv(F.leaky_relu(x, SLOPE) if index else x)  # (B, C, H / 2^(index + 1), W / 2^(index + 1))
            skips.append(x)
        skips.pop()
        for index, conv in enumerate(self.up):
            x = conv(F.relu(x))
            if index < NOISY_LAYERS:
                x = self._drop(x, condition.rng)
            x = torch.cat([x, skips.pop()], dim=1)  # (B, 2 C, h, w)
        return torch.tanh(self.to_rgb(F.relu(x)))

    def _drop(self, x: Tensor, rng: torch.Generator | None) -> Tensor:
        """Features (B, C, h, w) with a fraction of them dropped, the others raised to keep the mean."""
        if rng is None or not self.dropout:
            return x
        # Drawn in the order of the axes, so that it does not depend on the memory format of `x`.
        kept = x.new_empty(x.shape).bernoulli_(1 - self.dropout, generator=rng)  # (B, C, h, w)
        return x * kept / (1 - self.dropout)
