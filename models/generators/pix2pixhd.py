"""pix2pixHD's global generator (Wang et al. 2018, section 3.1; Johnson et al. 2016)."""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition
from models.generators.base import Generator
from models.kernels.conv import Conv2d
from models.layers.normed_conv import NormedConv

RGB_KERNEL = 7


def reflect(x: Tensor, kernel_size: int) -> Tensor:
    """Feature maps (B, C, H, W) mirrored at their border, so that a convolution keeps their size."""
    return F.pad(x, [kernel_size // 2] * 4, mode="reflect")


class PlainResidualBlock(nn.Module):
    """x + norm(conv(ReLU(norm(conv(x))))) with reflection padding; it sees no condition."""

    def __init__(self, channels: int, kernel_size: int, norm: str, spectral: bool) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.conv_0 = NormedConv(Conv2d(channels, channels, kernel_size), norm, spectral)
        self.conv_1 = NormedConv(Conv2d(channels, channels, kernel_size), norm, spectral)

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps (B, C, H, W), the same shape out."""
        dx = F.relu(self.conv_0(reflect(x, self.kernel_size)))
        return x + self.conv_1(reflect(dx, self.kernel_size))


def halving_conv(channels: int, norm: str, spectral: bool) -> NormedConv:
    """Half the size, twice the channels."""
    return NormedConv(Conv2d(channels, 2 * channels, 3, stride=2, padding=1), norm, spectral)


def doubling_conv(channels: int, norm: str, spectral: bool) -> NormedConv:
    """Twice the size, half the channels."""
    transposed = nn.ConvTranspose2d(channels, channels // 2, 3, stride=2, padding=1, output_padding=1)
    return NormedConv(transposed, norm, spectral)


class Pix2pixHDGenerator(Generator):
    """Label map down to a small size, residual blocks there, and up again.

    A `first_kernel` x `first_kernel` convolution to `width` channels, `downsamplings` convolutions of
    stride 2 that double them, `blocks` residual blocks, as many transposed convolutions back, 7x7 to an
    image, tanh. ReLU throughout. `classes`: K, the unknown class included; `edges`: the condition carries
    instance borders; `norm`: `instance` (without affine), `batch` or `none`.
    """

    class_channels: ClassVar = {"first.conv.weight": (1, 0)}

    def __init__(
        self,
        classes: int,
        edges: bool = False,
        width: int = 64,
        downsamplings: int = 4,
        blocks: int = 9,
        kernel_size: int = 3,
        first_kernel: int = 7,
        norm: str = "instance",
        spectral: bool = True,
    ) -> None:
        super().__init__()
        for name, side in (("kernel_size", kernel_size), ("first_kernel", first_kernel)):
            if side % 2 == 0:
                raise ValueError(f"generator.{name}={side} is even: a pixel needs a centre; use 3, 5 or 7")
        self.classes, self.width, self.first_kernel = classes, width, first_kernel
        widths = [width * 2**index for index in range(downsamplings)]
        widest = width * 2**downsamplings
        self.first = NormedConv(Conv2d(classes + edges, width, first_kernel), norm, spectral)
        self.down = nn.ModuleList(halving_conv(channels, norm, spectral) for channels in widths)
        self.blocks = nn.ModuleList(
            PlainResidualBlock(widest, kernel_size, norm, spectral) for _ in range(blocks)
        )
        self.up = nn.ModuleList(doubling_conv(2 * channels, norm, spectral) for channels in reversed(widths))
        self.to_rgb = Conv2d(width, 3, RGB_KERNEL)
        self.multiple = 2**downsamplings

    def features(self, condition: Condition) -> Tensor:
        """All but the last layer: (B, width, H, W)."""
        maps = condition.one_hot(self.classes, like=self.to_rgb.weight)  # (B, K, H, W)
        x = F.relu(self.first(reflect(maps, self.first_kernel)))  # (B, width, H, W)
        for conv in self.down:
            x = F.relu(conv(x))
        for block in self.blocks:
            x = block(x)
        for conv in self.up:
            x = F.relu(conv(x))
        return x

    def forward(self, condition: Condition) -> Tensor:
        """An image in [-1, 1] of the condition's size, (B, 3, H, W)."""
        return torch.tanh(self.to_rgb(reflect(self.features(condition), RGB_KERNEL)))
