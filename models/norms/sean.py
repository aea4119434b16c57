"""SEAN: semantic region-adaptive normalisation (Zhu et al. 2020, section 3)."""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition
from models.kernels.conv import GammaBetaConv2d
from models.layers.class_linear import ClassLinear, class_embedding
from models.norms.noisy_spade import NoisySpade
from models.norms.statistics import Standardise


class Sean(NoisySpade):
    """y = (1 + gamma) * standardise(x + w * n) + beta, each pixel's pair a blend of the style's and SPADE's:

    gamma = a * gamma_style + (1 - a) * gamma_spade with a = sigmoid(blending_gamma), beta likewise.
    Zhu et al. 2020, eq. 1-3. The style's pair: the code s_k of each region through its class's own linear
    layer and ReLU, broadcast to the pixels of class k, then one convolution each for gamma and beta.
    SPADE's pair and the noise are those of `NoisySpade`.
    Maps (B, C, H, W); `labels` (B, H, W); `styles` (B, K, D), zero for a class without a style.

    Good: each region has a style of its own, from any photo. Bad: dearer than SPADE by a convolution of
    width D in every layer, and it needs a photo (or a stored code) for every region.

    `classes`: K, the unknown class included; `style_width`: D; `kernel_size`: of SPADE's convolutions, odd;
    `style_kernel_size`: of the style's, odd.
    """

    styles = "region"
    plain = NoisySpade  # as published: the last block takes no style
    class_channels: ClassVar = {
        "shared.weight": (1, 0), "style_linear.weight": (0, 0), "style_linear.bias": (0, 0)
    }  # fmt: skip

    def __init__(
        self,
        channels: int,
        standardise: Standardise,
        classes: int,
        style_width: int,
        edges: bool = False,
        kernel_size: int = 3,
        hidden: int = 128,
        implementation: str = "auto",
        style_kernel_size: int = 3,
        noise_width: int = 0,
    ) -> None:
        super().__init__(
            channels, standardise, classes, edges, kernel_size, hidden, implementation, noise_width
        )
        if style_kernel_size % 2 == 0:
            raise ValueError(
                f"norm.style_kernel_size={style_kernel_size} is even: a pixel needs a centre; use 1, 3 or 5"
            )
        self.style_kernel_size = style_kernel_size
        self.style_linear = ClassLinear(classes, style_width, style_width)
        self.style_pair = GammaBetaConv2d(
            style_width, channels, style_kernel_size, padding=style_kernel_size // 2
        )
        self.blending_gamma = nn.Parameter(torch.zeros(1))
        self.blending_beta = nn.Parameter(torch.zeros(1))

    def region_codes(self, condition: Condition) -> Tensor:
        """Each region's style code through its class's layer: (B, K, D)."""
        codes = condition.styles
        assert codes is not None and codes.dim() == 3, "SEAN needs a style code a region: (B, K, D)"
        return F.relu(self.style_linear(codes))

    def modulation(self, condition: Condition) -> tuple[Tensor, Tensor]:
        codes = self.region_codes(condition)  # (B, K, D)
        gamma, beta = self.style_pair(class_embedding(codes, condition.labels)).chunk(
            2, dim=1
        )  # (B, C, H, W) each
        spade_scale, spade_shift = super().modulation(condition)
        gamma_weight = torch.sigmoid(self.blending_gamma).to(gamma.dtype)
        beta_weight = torch.sigmoid(self.blending_beta).to(beta.dtype)
        return torch.lerp(spade_scale, 1 + gamma, gamma_weight), torch.lerp(spade_shift, beta, beta_weight)
