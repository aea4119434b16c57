"""Root mean squared error of generated pictures against the photos of the same label maps.

As in table 3 of Zhu et al. 2020 (SEAN): colours from 0 to 1, one value per picture, averaged over pictures.
"""

from __future__ import annotations

from torch import Tensor

from evaluation.pictures import DATA_RANGE, PictureMetric


class RMSE(PictureMetric):
    """Mean over pictures of their RMSE in colours from 0 to 1; 0 where a generated picture is its photo."""

    def values(self, generated: Tensor, photo: Tensor) -> Tensor:
        squares = (generated.double() - photo.double()).square().mean(dim=(1, 2, 3))  # (B,)
        return squares.sqrt() / DATA_RANGE
