"""One row of an evaluation: the metrics of the generator, of the baseline, or of the photos themselves."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torchmetrics import SumMetric

from data.sources.source import LabelSet
from evaluation.colour_error import ColourErrors
from evaluation.feature_extractors import FeatureVectors
from evaluation.metrics import MetricSet
from evaluation.miou import SegmentationScores, class_ious, segmentation_metrics


class MetricAccumulator:
    """Streams pictures with their photos and label maps into the values of `metrics`.

    `extract`: pictures to features, where metrics need them; `compared`: whether the pictures are compared
    with their photos one by one (the photos themselves are not); `label_set`: the classes, where their
    colours are compared.
    """

    def __init__(
        self,
        metrics: MetricSet,
        extract: Callable[[Tensor], Tensor],
        compared: bool = True,
        label_set: LabelSet | None = None,
    ) -> None:
        self._metrics, self._extract, self._label_set = metrics, extract, label_set
        device, segmenter = metrics.device, metrics.segmenter
        picture_metrics = metrics.picture_metrics() if compared else {}
        self._images = SumMetric().to(device)
        self._of_pictures = {name: metric.to(device) for name, metric in picture_metrics.items()}
        self._colours = None if label_set is None else ColourErrors(len(label_set)).to(device)
        self._features = FeatureVectors().to(device) if metrics.of_sets else None
        self._segmented = None if segmenter is None else SegmentationScores(segmenter.label_set).to(device)

    def update(self, pictures: Tensor, photo: Tensor, labels: Tensor) -> None:
        """Adds a batch: pictures and photos (B, 3, H, W) in [-1, 1], labels (B, H, W)."""
        self._images.update(len(pictures))
        for metric in self._of_pictures.values():
            metric.update(pictures, photo)
        if self._colours is not None:
            self._colours.update(pictures, photo, labels)
        if self._features is not None:
            self._features.update(self._extract(pictures))
        if self._segmented is not None and self._metrics.segmenter is not None:
            self._segmented.update(self._metrics.segmenter(pictures), labels)

    def latest(self) -> dict[str, list[float]]:
        """The values of each picture of the last batch, by metric."""
        return {name: metric.latest.tolist() for name, metric in self._of_pictures.items()}

    def images(self) -> int:
        """The number of pictures, over all processes."""
        return int(self._images.compute()) if self._images.update_called else 0

    def features(self) -> Tensor | None:
        """The features of the pictures, (N, C), of all processes; None where no metric needs them."""
        return None if self._features is None else self._features.compute()

    def compute(self, photos: Tensor | None) -> dict[str, float]:
        """The number of `images` and all values by name; distances where features of `photos` are given.

        Raises ValueError for too few pictures.
        """
        values = {"images": float(self.images())}
        values |= {name: float(metric.compute()) for name, metric in self._of_pictures.items()}
        pictures = None if photos is None else self.features()
        if pictures is not None and photos is not None:
            values |= self._metrics.distances(pictures, photos)
        if self._segmented is not None and self._metrics.segmenter is not None:
            segmented = segmentation_metrics(self._segmented.compute(), self._segmented.label_set)
            name = self._metrics.segmenter.name
            values |= {f"{metric}_{name}": value for metric, value in segmented.items()}
        return values

    def by_class(self) -> dict[str, dict[str, float]]:
        """`colour_error` and `iou` of each class that occurs, by its name, where they are measured."""
        found = {}
        if self._colours is not None and self._label_set is not None:
            errors = self._colours.compute().reshape(-1).tolist()  # (K,)
            named = zip(self._label_set.names, errors, strict=True)
            found["colour_error"] = {name: error for name, error in named if error == error}
        if self._segmented is not None:
            found["iou"] = class_ious(self._segmented.compute(), self._segmented.label_set)
        return found
