"""The features of a set of pictures, as the distances between sets take them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from evaluation.frechet import FeatureStatistics, Gaussian


class PictureSet(NamedTuple):
    """What distances know of a set: the `gaussian` of its features, and the `features` (N, C) or None."""

    gaussian: Gaussian
    features: Tensor | None


class FeatureVectors(Metric):
    """Collects features (B, C), of all processes in `compute`: (N, C). A few kilobytes a picture."""

    full_state_update = False
    vectors: list[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.add_state("vectors", [], dist_reduce_fx="cat")

    def update(self, features: Tensor) -> None:
        """Adds the features (B, C) of a batch."""
        self.vectors.append(features.float())

    def compute(self) -> Tensor:
        """All of them; their order is nobody's concern."""
        return dim_zero_cat(self.vectors)


class PictureSetFeatures:
    """Streams features (B, C) of pictures into a `PictureSet`.

    `keep`: whether the features themselves are wanted (the kernel distance, precision and recall), or their
    Gaussian alone, which takes no more memory for more pictures.
    """

    def __init__(self, num_features: int, keep: bool, device: torch.device) -> None:
        self._statistics = FeatureStatistics(num_features).to(device)
        self._vectors = FeatureVectors().to(device) if keep else None

    def update(self, features: Tensor) -> None:
        """Adds a batch; raises ValueError where features are not finite."""
        self._statistics.update(features)
        if self._vectors is not None:
            self._vectors.update(features)

    def compute(self) -> PictureSet:
        """Of all processes; raises ValueError for fewer than two pictures."""
        return PictureSet(
            self._statistics.compute(), None if self._vectors is None else self._vectors.compute()
        )
