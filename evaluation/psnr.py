"""Peak signal-to-noise ratio of generated pictures against the photos of the same label maps.

10 log₁₀(range² / mean squared error) in decibels, one value per picture, averaged over pictures, as in table
3 of Zhu et al. 2020 (SEAN).
"""

from __future__ import annotations

from torch import Tensor
from torchmetrics.functional.image import peak_signal_noise_ratio

from evaluation.pictures import DATA_RANGE, PictureMetric


class PSNR(PictureMetric):
    """Mean PSNR in decibels; higher is better, infinite where a generated picture is its photo."""

    def values(self, generated: Tensor, photo: Tensor) -> Tensor:
        return peak_signal_noise_ratio(
            generated.double(), photo.double(), DATA_RANGE, reduction="none", dim=(1, 2, 3)
        )
