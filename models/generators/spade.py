"""The SPADE generator (Park et al. 2019, figure 4); also SEAN's: the same body, another norm."""

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
    """A 3x3 convolution on the label map resized to the smallest size (Park et al. 2019, appendix A)."""

    class_channels: ClassVar = {"conv.weight": (1, 0)}

    def __init__(self, classes: int, channels: int, edges: bool = False) -> None:
        super().__init__()
        self.classes = classes
        self.conv = Conv2d(classes + edges, channels, 3, padding=1)

    def forward(self, condition: Condition, size: tuple[int, int]) -> Tensor:
        """Feature maps (B, C, h, w) of `size`."""
        return self.conv(condition.at(size).one_hot(self.classes, like=self.conv.weight))


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
    ) -> None:
        super().__init__()
        widths = [16, 16, 16, 16, 8, 4, 2, 1]
        channels = [multiple * width for multiple in widths]
        if upsampling == "most":
            channels.append(width // 2)
        # Doubling follows every block but the last; the first middle block is doubled only by `more`.
        self.doubles = [index != 1 or upsampling != "normal" for index in range(len(channels) - 2)] + [False]
        self.stem = stem
        norms = [plain_norm if index == PLAIN else norm for index in range(len(channels) - 1)]
        self.blocks = nn.ModuleList(
            ResidualBlock(channels_in, channels_out, block_norm, spectral, label_channels)
            for (channels_in, channels_out), block_norm in zip(pairwise(channels), norms, strict=True)
        )
        self.to_rgb = Conv2d(channels[-1], 3, 3, padding=1)
        self.multiple = 2 ** DOUBLINGS[upsampling]
        self.draws_noise = any(isinstance(layer, AddedNoise) for layer in self.modules())

    def forward(self, condition: Condition) -> Tensor:
        """An image in [-1, 1] of the condition's size, (B, 3, H, W)."""
        height, width = condition.size
        size = (height // self.multiple, width // self.multiple)
        x = self.stem(condition, size)  # (B, 16 w, h, w)
        for block, doubles in zip(self.blocks, self.doubles, strict=True):
            x = block(x, condition, size)
            if doubles:  # on the way through the next block's norms
                size = (2 * size[0], 2 * size[1])
        return torch.tanh(self.to_rgb(F.leaky_relu(x, SLOPE)))
