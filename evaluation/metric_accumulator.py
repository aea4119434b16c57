"""One row of an evaluation: the metrics of the generator, of the baseline, or of the photos themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor
from torchmetrics import SumMetric

from data.sources.source import LabelSet
from evaluation.colour_error import ColourErrors
from evaluation.metrics import MetricSet
from evaluation.miou import SegmentationScores, class_ious, segmentation_metrics
from evaluation.picture_set import SetDescription


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
        self._metrics, self._label_set = metrics, label_set
        device = metrics.device
        picture_metrics = metrics.picture_metrics() if compared else {}
        self._images = SumMetric().to(device)
        self._of_pictures = {name: metric.to(device) for name, metric in picture_metrics.items()}
        self._colours = None if label_set is None else ColourErrors(len(label_set)).to(device)
        self._set = metrics.picture_set(extract)
        self._segmented = [
            (segmenter, SegmentationScores(segmenter.label_set).to(device))
            for segmenter in metrics.segmenters
        ]

    def update(self, pictures: Tensor, photo: Tensor, labels: Tensor, names: Sequence[str]) -> None:
        """Adds a batch: pictures and photos (B, 3, H, W) in [-1, 1], labels (B, H, W), and their names."""
        self._images.update(len(pictures))
        for metric in self._of_pictures.values():
            metric.update(pictures, photo)
        if self._colours is not None:
            self._colours.update(pictures, photo, labels)
        self._set.update(pictures, names)
        for segmenter, scores in self._segmented:
            scores.update(segmenter(pictures), labels)

    def latest(self) -> dict[str, list[float]]:
        """The values of each picture of the last batch, by metric."""
        return {name: metric.latest.tolist() for name, metric in self._of_pictures.items()}

    def images(self) -> int:
        """The number of pictures, over all processes."""
        return int(self._images.compute()) if self._images.update_called else 0

    def picture_set(self) -> SetDescription | None:
        """The pictures as a set, of all processes; None where no metric compares sets."""
        return self._set.compute()

    def compute(self, photos: SetDescription | None) -> dict[str, float]:
        """The number of `images` and all values by name; distances where `photos`, as a set, are given.

        Raises ValueError for too few pictures.
        """
        values = {"images": float(self.images())}
        values |= {name: float(metric.compute()) for name, metric in self._of_pictures.items()}
        pictures = None if photos is None else self.picture_set()
        if pictures is not None and photos is not None:
            values |= self._metrics.distances(pictures, photos)
        for segmenter, scores in self._segmented:
            segmented = segmentation_metrics(scores.compute(), segmenter.label_set)
            values |= {f"{metric}_{segmenter.name}": value for metric, value in segmented.items()}
        return values

    def by_class(self) -> dict[str, dict[str, float]]:
        """`colour_error`, and `iou` by the first segmenter, of each class that occurs, by its name."""
        found = {}
        if self._colours is not None and self._label_set is not None:
            errors = self._colours.compute().reshape(-1).tolist()  # (K,)
            named = zip(self._label_set.names, errors, strict=True)
            found["colour_error"] = {name: error for name, error in named if error == error}
        for segmenter, scores in self._segmented[:1]:
            found["iou"] = class_ious(scores.compute(), segmenter.label_set)
        return found
