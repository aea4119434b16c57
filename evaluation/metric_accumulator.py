"""One row of an evaluation: all figures of one way to make pictures from label maps."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torchmetrics import SumMetric

from evaluation.colour_error import ColourErrors
from evaluation.feature_accumulator import PictureSet, PictureSetFeatures
from evaluation.metric_set import MetricSet
from evaluation.segmentation import SegmentationScores, segmentation_figures


class MetricAccumulator:
    """Streams pictures with their photos and label maps into the figures of `metrics`.

    `features`: pictures to features, where figures need them; `compared`: whether the pictures are compared
    with their photos one by one (the photos themselves are not); `num_classes`: where colours are compared
    class by class.
    """

    def __init__(
        self,
        metrics: MetricSet,
        features: Callable[[Tensor], Tensor],
        compared: bool = True,
        num_classes: int | None = None,
    ) -> None:
        self._metrics = metrics
        self._features = features
        device = metrics.device
        self._images = SumMetric().to(device)
        pair_metrics = metrics.pair_metrics() if compared else {}
        self._pairs = {name: metric.to(device) for name, metric in pair_metrics.items()}
        self._colours = None if num_classes is None else ColourErrors(num_classes).to(device)
        width = metrics.features.num_features
        self._set = PictureSetFeatures(width, metrics.keeps_features, device) if metrics.of_sets else None
        self._segmented: SegmentationScores | None = None
        if metrics.segmenter is not None:
            self._segmented = SegmentationScores(metrics.segmenter.label_set).to(device)

    def update(self, pictures: Tensor, photo: Tensor, labels: Tensor) -> None:
        """Adds a batch: pictures and photos (B, 3, H, W) in [-1, 1], labels (B, H, W)."""
        self._images.update(len(pictures))
        for metric in self._pairs.values():
            metric.update(pictures, photo)
        if self._colours is not None:
            self._colours.update(pictures, photo, labels)
        if self._set is not None:
            self._set.update(self._features(pictures))
        if self._segmented is not None and self._metrics.segmenter is not None:
            self._segmented.update(self._metrics.segmenter(pictures), labels)

    def latest(self) -> dict[str, list[float]]:
        """The figures of the last batch, picture by picture, by the names of those that have such."""
        found = {name: getattr(metric, "latest", None) for name, metric in self._pairs.items()}
        return {name: values.tolist() for name, values in found.items() if values is not None}

    def colour_errors(self, names: tuple[str, ...]) -> dict[str, float]:
        """The colour error of each class that occurs, by its name; there must be `num_classes`."""
        assert self._colours is not None, "asked without classes"
        errors = self._colours.compute().reshape(-1).tolist()  # (K,)
        return {name: error for name, error in zip(names, errors, strict=True) if error == error}

    def images(self) -> int:
        """How many pictures were added, over all processes."""
        return int(self._images.compute()) if self._images.update_called else 0

    def picture_set(self) -> PictureSet | None:
        """What distances between sets know of the pictures; None where no figure needs it."""
        return None if self._set is None else self._set.compute()

    def counts(self) -> Tensor:
        """Pixels by label and prediction, (K, K + 1); there must be a segmenter."""
        assert self._segmented is not None, "asked without a segmenter"
        return self._segmented.compute()

    def compute(self, photos: PictureSet | None) -> dict[str, float]:
        """All figures; those of sets where `photos` are given. ValueError for too few pictures."""
        figures = {"images": float(self.images())}
        figures |= {name: float(metric.compute()) for name, metric in self._pairs.items()}
        pictures = None if photos is None else self.picture_set()
        if pictures is not None and photos is not None:
            figures |= self._metrics.set_figures(pictures, photos)
        if self._metrics.segmenter is not None:
            name = self._metrics.segmenter.name
            segmented = segmentation_figures(self.counts(), self._metrics.segmenter.label_set)
            figures |= {f"{figure}_{name}": value for figure, value in segmented.items()}
        return figures
