"""pix2pixHD's local enhancer: a global generator at half size, refined (Wang et al. 2018, figure 3)."""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition
from models.generators.base import Generator
from models.generators.pix2pixhd import (
    RGB_KERNEL,
    Pix2pixHDGenerator,
    PlainResidualBlock,
    doubling_conv,
    halving_conv,
    reflect,
)
from models.kernels.conv import Conv2d
from models.layers.normed_conv import NormedConv

BLOCK_KERNEL = 3
PHASES = ("global", "enhancer", "joint")
"""Coarse to fine: what is trained, in this order (Wang et al. 2018, section 3.1)."""


class LocalEnhancer(Generator):
    """G2 round G1: the label map halved once, plus G1's last features at half size, then up to an image.

    `coarse` is G1, of `width`, `downsamplings` and `blocks`; it sees the label map at half size, resized by
    nearest as when it is trained alone. This network has half its width, and `enhancer_blocks`.

    `phase` says what a step trains and how large its images are; `enter` sets it before the step:

    - `global`: G1 alone. `forward` makes G1's own image, and the batch (label map and photo) is to be given
      at half size: `scale` is 2.
    - `enhancer`: all but G1, which gets no gradient (its parameters' `grad` stays None). `scale` is 1.
    - `joint`: everything that makes the image. `scale` is 1. This is also the phase of a trained network.

    `phase_at` tells the phase from the images seen: `global_images` of the first, then `enhancer_images` of
    the second, then the third.
    """

    class_channels: ClassVar = {"first.conv.weight": (1, 0)}

    def __init__(
        self,
        classes: int,
        edges: bool = False,
        width: int = 64,
        downsamplings: int = 4,
        blocks: int = 9,
        enhancer_blocks: int = 3,
        norm: str = "instance",
        spectral: bool = True,
        global_images: int = 0,
        enhancer_images: int = 0,
    ) -> None:
        super().__init__()
        if width % 2:
            raise ValueError(f"generator.width={width} is odd: the local enhancer has half of it")
        self.coarse = Pix2pixHDGenerator(
            classes, edges, width, downsamplings, blocks, norm=norm, spectral=spectral
        )
        width //= 2
        self.first = NormedConv(Conv2d(classes + edges, width, RGB_KERNEL), norm, spectral)
        self.down = halving_conv(width, norm, spectral)
        self.blocks = nn.ModuleList(
            PlainResidualBlock(2 * width, BLOCK_KERNEL, norm, spectral) for _ in range(enhancer_blocks)
        )
        self.up = doubling_conv(2 * width, norm, spectral)
        self.to_rgb = Conv2d(width, 3, RGB_KERNEL)
        self.multiple = 2 * self.coarse.multiple
        self.global_images, self.enhancer_images = global_images, enhancer_images
        self.enter("joint")

    def phase_at(self, images: int) -> str:
        ends = (self.global_images, self.global_images + self.enhancer_images)
        return PHASES[sum(images >= end for end in ends)]

    def enter(self, phase: str) -> None:
        self.phase = phase
        self.scale = 2 if phase == "global" else 1

    def images_of_newest(self, images: int) -> int:
        return images if images <= self.global_images else images - self.global_images

    def learns(self, name: str) -> bool:
        if not name.startswith("coarse."):
            return self.phase != "global"
        if name.startswith("coarse.to_rgb."):  # G1's own image is made in the first phase only
            return self.phase == "global"
        return self.phase != "enhancer"

    def forward(self, condition: Condition) -> Tensor:
        """An image in [-1, 1] of the condition's size, (B, 3, H, W)."""
        if self.phase == "global":
            return self.coarse(condition)
        height, width = condition.size
        coarse = self.coarse.features(condition.at((height // 2, width // 2)))  # (B, 2 w, H / 2, W / 2)
        if self.phase == "enhancer":
            coarse = coarse.detach()
        maps = condition.one_hot(self.coarse.classes, like=self.to_rgb.weight)  # (B, K, H, W)
        x = F.relu(self.first(reflect(maps, RGB_KERNEL)))  # (B, w, H, W)
        x = F.relu(self.down(x)) + coarse  # (B, 2 w, H / 2, W / 2)
        for block in self.blocks:
            x = block(x)
        x = F.relu(self.up(x))  # (B, w, H, W)
        return torch.tanh(self.to_rgb(reflect(x, RGB_KERNEL)))
