"""The SPADE generator with constant weights: the same figure, without maps that need not be made."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition, enlarged
from models.generators.spade import SpadeGenerator
from models.inference.constant_norms import constant_norm
from models.layers.residual import SLOPE, ResidualBlock


class ConstantBlock(nn.Module):
    """A residual block; its input may be half as large as its condition, and is then doubled on the way."""

    def __init__(self, block: ResidualBlock) -> None:
        super().__init__()
        assert not block.label_channels, (
            "blocks that see the label map beside their input are left as they are"
        )
        self.norm_0, self.norm_1 = constant_norm(block.norm_0), constant_norm(block.norm_1)
        self.conv_0, self.conv_1 = block.conv_0, block.conv_1
        self.learned_shortcut = block.learned_shortcut
        if block.learned_shortcut:
            self.norm_s, self.conv_s = constant_norm(block.norm_s), block.conv_s

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        """Feature maps (B, C_in, h, w) to (B, C_out, H, W), the condition's size."""
        dx = self.conv_0(self.norm_0(x, condition, SLOPE))
        dx = self.conv_1(self.norm_1(dx, condition, SLOPE))
        if self.learned_shortcut:
            return dx.add_(self.conv_s(self.norm_s(x, condition, None)))
        return dx.add_(enlarged(x, condition.size))


class ConstantSpadeGenerator(nn.Module):
    """`SpadeGenerator.forward` with blocks made ready. `multiple` as there."""

    def __init__(self, generator: SpadeGenerator) -> None:
        super().__init__()
        self.multiple = generator.multiple
        self.stem, self.to_rgb = generator.stem, generator.to_rgb
        self.blocks = nn.ModuleList(
            ConstantBlock(block) for block in generator.blocks if isinstance(block, ResidualBlock)
        )
        self.doubles = generator.doubles

    def forward(self, condition: Condition) -> Tensor:
        """An image in [-1, 1] of the condition's size, (B, 3, H, W)."""
        height, width = condition.size
        size = (height // self.multiple, width // self.multiple)
        x = self.stem(condition, size)  # (B, 16 w, h, w)
        for block, doubles in zip(self.blocks, self.doubles, strict=True):
            x = block(x, condition.at(size))
            if doubles:
                size = (2 * size[0], 2 * size[1])
        return torch.tanh(self.to_rgb(F.leaky_relu(x, SLOPE)))
