"""mIoU and pixel accuracy: whether a segmenter finds in the generated picture what the label map says.

As SPADE's table 1 (Park et al. 2019, section 4). The IoU of a class is the number of pixels that have it in
label map and prediction, over those that have it in either (Everingham et al., "The PASCAL Visual Object
Classes Challenge", 2010, section 4), counted over all pictures; mIoU is the mean over classes.

Two conventions for unknown pixels are in use, and give values some points apart:
- `miou`, `pixel_accuracy`: pixels that are unknown in the label map are skipped, and so is that class;
- `miou_unknown_counted`, `pixel_accuracy_unknown_counted`: unknown is a class like any other.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torchmetrics.classification import MulticlassConfusionMatrix

from data.sources.source import LabelSet
from evaluation.pictures import check_ids
from evaluation.segmenters.segmenter import OTHER


class SegmentationScores(MulticlassConfusionMatrix):
    """Streams predictions and label maps into counts of pixels, from which both metrics are computed.

    `label_set`: the data set's classes. A class that is neither in any label map nor in any prediction has
    no IoU and does not count in the mean; one that is only predicted has 0.
    """

    def __init__(self, label_set: LabelSet) -> None:
        # The last class counts predictions of classes that the data set does not have.
        super().__init__(len(label_set) + 1, validate_args=False)
        self.label_set = label_set

    def update(self, predicted: Tensor, labels: Tensor) -> None:
        """Adds predictions (B, H, W), ids or `OTHER`, with their label maps (B, H, W).

        Raises ValueError where sizes differ or an id is out of range.
        """
        classes = len(self.label_set)
        if predicted.shape != labels.shape:
            raise ValueError(
                f"the segmenter predicts {tuple(predicted.shape)} for label maps {tuple(labels.shape)};"
                " it must predict one id per pixel"
            )
        check_ids(labels, classes)
        check_ids(predicted, classes, "the segmenter predicts", least=OTHER)
        super().update(torch.where(predicted == OTHER, classes, predicted), labels)

    def compute(self) -> Tensor:
        """Counts by label and prediction, (K, K + 1), over all processes."""
        return super().compute()[:-1]


def segmentation_metrics(counts: Tensor, label_set: LabelSet) -> dict[str, float]:
    """mIoU and pixel accuracy, 0 to 1, from counts (K, K + 1); by both conventions where unknown is a class.

    Raises ValueError where no pixel was counted.
    """
    values = _values(counts[: label_set.known], "")
    return values if label_set.unknown is None else values | _values(counts, "_unknown_counted")


def class_ious(counts: Tensor, label_set: LabelSet) -> dict[str, float]:
    """The IoU of each class that occurs, by its name; unknown pixels are skipped."""
    ious = _ious(counts[: label_set.known])  # (K or K - 1,)
    return {name: value for name, value in zip(label_set.names, ious.tolist()) if value == value}


def _values(counts: Tensor, suffix: str) -> dict[str, float]:
    """From counts (k, K + 1) whose rows are the classes that are counted."""
    total = int(counts.sum())
    if total == 0:
        raise ValueError("no label map has a known pixel, so there is no mIoU; give at least one that has")
    return {
        f"miou{suffix}": float(_ious(counts).nanmean()),
        f"pixel_accuracy{suffix}": float(counts.diagonal().sum() / total),
    }


def _ious(counts: Tensor) -> Tensor:
    """(k,), NaN for a class that neither a label map nor a prediction has."""
    both = counts.diagonal().double()  # (k,)
    either = counts.sum(dim=1) + counts[:, : len(counts)].sum(dim=0) - both  # (k,)
    return both / either
