"""The mean-colour baseline: each class painted in its mean training colour.

The foot of the scale on which a generator's metrics are read: among all pictures that are constant on each
class it has the least squared error in training.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torchmetrics import Metric

from evaluation.pictures import check_ids, check_pictures


class MeanColours(Metric):
    """Streams training photos with their label maps into one mean colour per class.

    A class without a pixel in training gets the mean of all pixels. Sums are float64.
    """

    full_state_update = False
    totals: Tensor
    pixels: Tensor

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.add_state("totals", torch.zeros(num_classes, 3, dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("pixels", torch.zeros(num_classes, dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, photo: Tensor, labels: Tensor) -> None:
        """Adds photos (B, 3, H, W) in [-1, 1] with their labels (B, H, W).

        Raises ValueError for tensors that are no pictures, or an id out of range.
        """
        check_pictures(photo, "training photo")
        check_ids(labels, len(self.pixels))
        ids = labels.flatten()  # (B·H·W,)
        colours = photo.permute(0, 2, 3, 1).reshape(-1, 3).to(self.totals)  # (B·H·W, 3) float64
        self.totals.index_add_(0, ids, colours)
        self.pixels += torch.bincount(ids, minlength=len(self.pixels))

    def compute(self) -> Tensor:
        """Colours (K, 3) in [-1, 1], float32; raises ValueError where no photo was added."""
        if not bool(self.pixels.any()):
            raise ValueError("there are no training photos to take mean colours from; add at least one")
        overall = self.totals.sum(dim=0) / self.pixels.sum()  # (3,)
        means = self.totals / self.pixels.clamp(min=1)[:, None]  # (K, 3)
        return torch.where(self.pixels[:, None] > 0, means, overall).float()


def paint(colours: Tensor, labels: Tensor) -> Tensor:
    """Label maps (B, H, W) painted in `colours` (K, 3): pictures (B, 3, H, W) in [-1, 1].

    Raises ValueError for an id without a colour.
    """
    check_ids(labels, len(colours))
    return colours[labels].permute(0, 3, 1, 2)
