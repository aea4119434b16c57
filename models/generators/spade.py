"""The SPADE generator (Park et al. 2019, figure 4); also SEAN's, with another norm, and OASIS's."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition
from models.generators.base import Generator
from models.kernels.conv import Conv2d
from models.layers.noise import AddedNoise
from models.layers.residual import SLOPE, ResidualBlock
from models.norms.norm import NormFactory

DOUBLINGS = {"normal": 5, "more": 6, "most": 7}
"""How often a generator doubles its size, by the name of its up-sampling."""

PLAIN = 6
"""The place of the block whose norms are not those of the others."""


class LabelStem(nn.Module):
    """A 3x3 convolution on the label map resized to the smallest size (Park et al. 2019, appendix A).

    `noise_width`: of noise that is joined with the label map; 0 for none.
    """

    class_channels: ClassVar = {"conv.weight": (1, 0)}

    def __init__(self, classes: int, channels: int, edges: bool = False, noise_width: int = 0) -> None:
        super().__init__()
        self.classes, self.noise_width = classes, noise_width
        self.conv = Conv2d(classes + edges + noise_width, channels, 3, padding=1)

    def forward(self, condition: Condition, size: tuple[int, int]) -> Tensor:
        """Feature maps (B, C, h, w) of `size`."""
        return self.conv(condition.at(size).one_hot(self.classes, self.conv.weight, self.noise_width))


class StyleStem(nn.Module):
    """A linear layer on the style code (B, D); its spatial size is fixed when it is built."""

    def __init__(self, style_width: int, channels: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.channels = channels
        self.size = size
        self.linear = nn.Linear(style_width, channels * size[0] * size[1])

    def forward(self, condition: Condition, size: tuple[int, int]) -> Tensor:
        """Feature maps (B, C, h, w); at another size than its own they are resized (bilinear)."""
        assert condition.styles is not None, "a style stem needs style codes"
        x = self.linear(condition.styles).unflatten(1, (self.channels, *self.size))  # (B, C, h, w)
        return x if size == self.size else F.interpolate(x, size=size, mode="bilinear", align_corners=False)


class SpadeGenerator(Generator):
    """A stem at the smallest size, then residual blocks and nearest x2 up-sampling, then tanh.

    `stem` makes 16 * width channels; the widths of the blocks are 16, 16, 16, 8, 4, 2, 1 (and 1/2 with
    `most`) times `width`. `more` doubles once more between the two middle blocks; `most` adds a
    further block at the end. `norm` makes the norms of all blocks but the seventh, which is the last of
    `normal` and `more`; `plain_norm` makes the seventh's (in SEAN plain SPADE, as published).
    `label_channels` of the one-hot label map (with its edges) are concatenated to the input of every
    convolution in a block, 0 of them by default.

    OASIS's generator (Schönfeld et al. 2021, section 3.3): without `first_block`, the first of those above,
    and with `noise`: so many normal numbers a sample, which the stem and the norms see beside the label map.
    They are those of the condition, or drawn from its `rng`, or zero. Without its first block the body
    doubles after each block but the last: `normal`.
    """

    def __init__(
        self,
        stem: nn.Module,
        norm: NormFactory,
        plain_norm: NormFactory,
        width: int = 64,
        upsampling: str = "normal",
        spectral: bool = True,
        label_channels: int = 0,
        first_block: bool = True,
        noise: int = 0,
    ) -> None:
        super().__init__()
        widths = [16, 16, 16, 16, 8, 4, 2, 1][not first_block :]
        channels = [multiple * width for multiple in widths]
        if upsampling == "most":
            channels.append(width // 2)
        # Doubling follows every block but the last; the first middle block is doubled only by `more`.
        once = 1 if first_block and upsampling == "normal" else None
        self.doubles = [index != once for index in range(len(channels) - 2)] + [False]
        self.stem = stem
        plain = PLAIN - (not first_block)
        norms = [plain_norm if index == plain else norm for index in range(len(channels) - 1)]
        self.blocks = nn.ModuleList(
            ResidualBlock(channels_in, channels_out, block_norm, spectral, label_channels)
            for (channels_in, channels_out), block_norm in zip(pairwise(channels), norms, strict=True)
        )
        self.to_rgb = Conv2d(channels[-1], 3, 3, padding=1)
        self.multiple = 2 ** DOUBLINGS[upsampling]
        self.draws_noise = any(isinstance(layer, AddedNoise) for layer in self.modules())
        self.noise_width = noise

    def forward(self, condition: Condition) -> Tensor:
        """An image in [-1, 1] of the condition's size, (B, 3, H, W)."""
        height, width = condition.size
        size = (height // self.multiple, width // self.multiple)
        if self.noise_width and condition.noise is None:
            condition = condition.with_noise(drawn_noise(condition, self.noise_width))
        x = self.stem(condition, size)  # (B, 16 w, h, w)
        for block, doubles in zip(self.blocks, self.doubles, strict=True):
            x = block(x, condition, size)
            if doubles:  # on the way through the next block's norms
                size = (2 * size[0], 2 * size[1])
        return torch.tanh(self.to_rgb(F.leaky_relu(x, SLOPE)))


def drawn_noise(condition: Condition, width: int) -> Tensor:
    """A noise vector a sample, (B, N) of N(0, 1), from the condition's `rng`; zeros where it has none."""
    shape, device = (len(condition.labels), width), condition.labels.device
    if condition.rng is None:
        return torch.zeros(shape, device=device)
    return torch.randn(shape, generator=condition.rng, device=device)
