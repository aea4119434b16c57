"""SPADE: spatially-adaptive normalisation (Park et al. 2019, eq. 1)."""

from __future__ import annotations

from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from models.condition import Condition
from models.kernels.conv import Conv2d, GammaBetaConv2d
from models.norms.norm import ConditionalNorm
from models.norms.statistics import Standardise


class Spade(ConditionalNorm):
    """y = (1 + gamma(m)) * (x - mean) / std + beta(m), scale and shift of each pixel from the label map m.

    gamma and beta are two convolutions on a shared one:
    a = ReLU(conv(one_hot(m))), gamma = conv(a), beta = conv(a), all of kernel size k.
    Park et al. 2019, eq. 1 and figure 2; statistics over any axes, without affine.

    Good: the layout survives normalisation, at every resolution. Bad: most of a generator's
    arithmetic is spent on the label map.

    `classes`: K, the unknown class included; `edges`: the condition carries instance borders; `noise_width`:
    of noise that is joined with the label map (Schönfeld et al. 2021, section 3.3), 0 for none; `hidden`:
    width of the shared convolution (128 in the paper); `kernel_size`: odd; `implementation`: how
    `models.kernels` computes it, with the same result: `dense`, as here, `indexed`, once for each unique
    patch of the label map, or `auto`, the cheaper one. Noise that is a map is always `dense`.
    """

    sees_labels = True
    class_channels: ClassVar = {"shared.weight": (1, 0)}

    def __init__(
        self,
        channels: int,
        standardise: Standardise,
        classes: int,
        edges: bool = False,
        kernel_size: int = 3,
        hidden: int = 128,
        implementation: str = "auto",
        noise_width: int = 0,
    ) -> None:
        super().__init__(standardise)
        if kernel_size % 2 == 0:
            raise ValueError(f"norm.kernel_size={kernel_size} is even: a pixel needs a centre; use 1, 3 or 5")
        self.classes, self.noise_width = classes, noise_width
        self.kernel_size = kernel_size
        self.implementation = implementation
        padding = kernel_size // 2
        self.shared = Conv2d(classes + edges + noise_width, hidden, kernel_size, padding=padding)
        self.pair = GammaBetaConv2d(hidden, channels, kernel_size, padding=padding)

    def modulation(self, condition: Condition) -> tuple[Tensor, Tensor]:
        maps = condition.one_hot(self.classes, self.shared.weight, self.noise_width)  # (B, K + N, H, W)
        activation = F.relu(self.shared(maps))  # (B, hidden, H, W)
        gamma, beta = self.pair(activation).chunk(2, dim=1)  # (B, C, H, W) each
        return 1 + gamma, beta
