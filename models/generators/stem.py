"""Where a generator starts: feature maps at its smallest size."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition
from models.kernels.conv import Conv2d


class LabelStem(nn.Module):
    """A 3x3 convolution on the label map resized to the smallest size (Park et al. 2019, appendix A)."""

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
