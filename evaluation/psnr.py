"""Peak signal-to-noise ratio of generated pictures against the photos of the same label maps.

10 log₁₀(range² / mean squared error) in decibels, one figure a picture, averaged over pictures, as in table 3
of Zhu et al. 2020 (SEAN).
"""

from __future__ import annotations

from torch import Tensor
from torchmetrics.image import PeakSignalNoiseRatio

from evaluation.pictures import check_pairs

DATA_RANGE = 2.0  # of pictures in [-1, 1]


class PSNR(PeakSignalNoiseRatio):
    """Mean PSNR in decibels; higher is better, infinite where a generated picture is its photo."""

    def __init__(self) -> None:
        super().__init__(data_range=DATA_RANGE, dim=(1, 2, 3), reduction="elementwise_mean")

    def update(self, generated: Tensor, photo: Tensor) -> None:
        """Adds a batch, both (B, 3, H, W) in [-1, 1]; raises ValueError for anything else."""
        check_pairs(generated, photo)
        super().update(generated.double(), photo.double())

    def compute(self) -> Tensor:
        """The mean, a scalar; raises ValueError where no picture was added."""
        if not self.update_called:
            raise ValueError("PSNR was asked of no pictures; add at least one pair")
        return super().compute()
