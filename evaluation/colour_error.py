"""Colour error: the distance of each class's colour from that of the same class in the photo.

Over the pixels of a class in one label map, the mean colour of the generated picture is compared with that of
the photo: what is left is neither texture nor a shift, but the wrong paint (a sky too green, a road too
dark). The error of class k is

    e_k = sqrt( Σᵢ n_ik |g_ik − p_ik|² / (3 Σᵢ n_ik) )

where picture i shows k on n_ik pixels with mean colours g_ik, p_ik: a root mean square over pictures, each
counting by its pixels, and over red, green and blue.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torchmetrics import Metric

LEVELS = 127.5
"""Levels of 8 bits in one unit of pictures in [-1, 1]."""


class ColourErrors(Metric):
    """Streams pictures, photos and label maps into one colour error per class, in levels of 0 to 255.

    Sums are float64 and independent of batch size, order and the number of processes.
    """

    full_state_update = False
    squares: Tensor
    pixels: Tensor

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.add_state("squares", torch.zeros(num_classes, dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("pixels", torch.zeros(num_classes, dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, pictures: Tensor, photo: Tensor, labels: Tensor) -> None:
        """Adds a batch: pictures and photos (B, 3, H, W) in [-1, 1], labels (B, H, W) in 0 to K - 1."""
        classes = len(self.pixels)
        images = torch.arange(len(labels), device=labels.device)
        places = (images[:, None, None] * classes + labels).flatten()  # (B·H·W,): picture and class
        difference = (pictures - photo).permute(0, 2, 3, 1).reshape(-1, 3).to(self.squares)  # (B·H·W, 3)
        totals = self.squares.new_zeros(len(labels) * classes, 3).index_add_(0, places, difference)
        pixels = torch.bincount(places, minlength=len(totals)).to(self.pixels)  # (B·K,)
        # n |total / n|², which is 0 where there is no pixel.
        squares = totals.square().mean(dim=1) / pixels.clamp(min=1)  # (B·K,)
        self.squares += squares.reshape(-1, classes).sum(dim=0)
        self.pixels += pixels.reshape(-1, classes).sum(dim=0)

    def compute(self) -> Tensor:
        """Errors (K,), or () for one class; NaN for a class without a pixel."""
        return LEVELS * (self.squares / self.pixels).sqrt()
