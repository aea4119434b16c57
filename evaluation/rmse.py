"""Root mean squared error of generated pictures against the photos of the same label maps.

As in table 3 of Zhu et al. 2020 (SEAN): colours from 0 to 1, one figure a picture, averaged over pictures.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torchmetrics import Metric

from evaluation.pictures import check_pairs

DATA_RANGE = 2.0  # of pictures in [-1, 1]; the error is stated as a share of it


class RMSE(Metric):
    """Mean over pictures of their RMSE in colours from 0 to 1; 0 where a generated picture is its photo."""

    full_state_update = False
    total: Tensor
    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, generated: Tensor, photo: Tensor) -> None:
        """Adds a batch, both (B, 3, H, W) in [-1, 1]; raises ValueError for anything else."""
        check_pairs(generated, photo)
        squares = (generated.double() - photo.double()).square().mean(dim=(1, 2, 3))  # (B,)
        self.total += squares.sqrt().sum() / DATA_RANGE
        self.count += len(generated)

    def compute(self) -> Tensor:
        """The mean, a scalar; raises ValueError where no picture was added."""
        if self.count == 0:
            raise ValueError("RMSE was asked of no pictures; add at least one pair")
        return self.total / self.count
