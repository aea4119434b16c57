"""Images of another size than their label maps, where a generator is trained on small ones first."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def shrink(photos: Tensor, scale: int) -> Tensor:
    """Photos in [-1, 1] (B, 3, H, W) to 1/`scale` of their size (bicubic with antialiasing)."""
    if scale == 1:
        return photos
    size = [side // scale for side in photos.shape[-2:]]
    return F.interpolate(photos, size, mode="bicubic", antialias=True).clamp(-1, 1)


def enlarge(images: Tensor, scale: int) -> Tensor:
    """Images (B, 3, h, w) to `scale` times their size, bilinear."""
    if scale == 1:
        return images
    return F.interpolate(images, scale_factor=scale, mode="bilinear")
