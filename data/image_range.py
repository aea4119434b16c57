"""Between the networks' range and the 8-bit values of picture files."""

from __future__ import annotations

import torch
from torch import Tensor


def to_uint8(pictures: Tensor) -> Tensor:
    """Values in [-1, 1] to the nearest of 0-255, uint8 of the same shape; what a PNG file holds."""
    return ((pictures.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def from_uint8(pictures: Tensor) -> Tensor:
    """Values 0-255 to float in [-1, 1], of the same shape."""
    return pictures.float() / 127.5 - 1
