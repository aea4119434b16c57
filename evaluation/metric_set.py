"""Which figures an evaluation makes, and the networks that they need."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torchmetrics import Metric

from evaluation.feature_accumulator import PictureSet
from evaluation.feature_extractors import FeatureNetwork
from evaluation.frechet import frechet_distance
from evaluation.kid import kernel_distance
from evaluation.lpips import LPIPS, LPIPSNetwork
from evaluation.precision_recall import NEIGHBOURS, precision_recall
from evaluation.psnr import PSNR
from evaluation.rmse import RMSE
from evaluation.segmenters.segmenter import Segmenter
from evaluation.ssim import SSIM

PAIR_METRICS: dict[str, type[PSNR] | type[SSIM] | type[RMSE]] = {"psnr": PSNR, "ssim": SSIM, "rmse": RMSE}
"""Of a generated picture and its photo, without a network."""
LEAST_PICTURES = {"fd": 2, "kid": 2, "precision_recall": NEIGHBOURS + 1}
"""Of sets of pictures: the smallest set that each is defined for."""
WORDS = (*PAIR_METRICS, *LEAST_PICTURES)
DEFAULT = frozenset(WORDS)


@dataclass(frozen=True)
class MetricSet:
    """`words`: of `WORDS`; `lpips` and `segmenter` add their figures where they are given.

    `features`: the network of the distances between sets.
    """

    features: FeatureNetwork
    words: frozenset[str] = DEFAULT
    lpips: LPIPSNetwork | None = None
    segmenter: Segmenter | None = None

    def __post_init__(self) -> None:
        assert self.words <= DEFAULT, "options know the words of the metrics"

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        return next(self.features.parameters()).device

    @property
    def of_sets(self) -> bool:
        """Whether any figure needs the features of the pictures."""
        return bool(self.words & set(LEAST_PICTURES))

    @property
    def keeps_features(self) -> bool:
        """Whether a figure needs the features themselves, beside their Gaussian."""
        return bool(self.words & {"kid", "precision_recall"})

    def allowed_by(self, count: int) -> MetricSet:
        """Without the figures that take more than `count` pictures."""
        return replace(self, words=frozenset(w for w in self.words if LEAST_PICTURES.get(w, 1) <= count))

    def pair_metrics(self) -> dict[str, Metric]:
        """New metrics of generated pictures with their photos, by the names of their figures."""
        chosen: dict[str, Metric] = {
            name: metric() for name, metric in PAIR_METRICS.items() if name in self.words
        }
        if self.lpips is not None:
            chosen[f"lpips_{self.lpips.trunk}"] = LPIPS(self.lpips)
        return chosen

    def set_figures(self, pictures: PictureSet, photos: PictureSet) -> dict[str, float]:
        """The distances of a set of pictures to the photos; ValueError where a set is too small for one."""
        network, figures = self.features, {}
        if "fd" in self.words:
            figures[network.frechet_name] = frechet_distance(pictures.gaussian, photos.gaussian)
        if "kid" in self.words:
            figures[f"kid_{network.name}"] = kernel_distance(*_features(pictures, photos))
        if "precision_recall" in self.words:
            precision, recall = precision_recall(*_features(pictures, photos))
            figures |= {f"precision_{network.name}": precision, f"recall_{network.name}": recall}
        return figures


def _features(pictures: PictureSet, photos: PictureSet) -> tuple[Tensor, Tensor]:
    assert pictures.features is not None and photos.features is not None, "they were asked to be kept"
    return pictures.features, photos.features
