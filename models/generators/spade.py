"""The SPADE generator (Park et al. 2019, figure 4); also SEAN's: the same body, another norm."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition
from models.kernels.conv import Conv2d
from models.layers.residual import SLOPE, ResidualBlock
from models.norms.norm import NormFactory

DOUBLINGS = {"normal": 5, "more": 6, "most": 7}
"""How often a generator doubles its size, by the name of its up-sampling."""

PLAIN = 6
"""The place of the block whose norms are not those of the others."""


class SpadeGenerator(nn.Module):
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
        self.doublings = DOUBLINGS[upsampling]
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

    @property
    def multiple(self) -> int:
        """Height and width of an image must be multiples of this."""
        return 2**self.doublings

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
