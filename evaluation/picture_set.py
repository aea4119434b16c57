"""What metrics of sets need to know of a set of pictures: their features, and patches of their pyramids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from evaluation.feature_extractors import FeatureVectors
from evaluation.swd import PatchCollector, PyramidPatches


class SetDescription(NamedTuple):
    """Of `images` pictures: `features` (images, C), and `patches`; None where no metric compares them."""

    images: int
    features: Tensor | None
    patches: PyramidPatches | None


class PictureSet:
    """Streams pictures into the description of all of them, over all processes.

    `extract`: pictures (B, 3, H, W) to features (B, C), None where no metric compares them; `patches`:
    whether one compares patches; `device`: of the features.
    """

    def __init__(
        self, extract: Callable[[Tensor], Tensor] | None, patches: bool, device: torch.device
    ) -> None:
        self._extract = extract
        self._features = FeatureVectors().to(device)
        self._patches = PatchCollector() if patches else None

    def update(self, pictures: Tensor, names: Sequence[str]) -> None:
        """Adds pictures (B, 3, H, W) in [-1, 1], called `names`."""
        if self._extract is not None:
            self._features.update(self._extract(pictures))
        if self._patches is not None:
            self._patches.update(pictures, names)

    def compute(self) -> SetDescription | None:
        """None where no metric of sets was chosen."""
        features = None if self._extract is None else self._features.compute()
        patches = None if self._patches is None else self._patches.compute()
        described = patches.patches if features is None and patches is not None else features
        return None if described is None else SetDescription(len(described), features, patches)
