"""How each metric is written for readers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

ARROWS = {"higher": "↑", "lower": "↓"}


@dataclass(frozen=True)
class MetricLabel:
    """How a metric is written: its name, what it means, which way is better, and its decimals."""

    name: str
    meaning: str
    better: Literal["higher", "lower"]
    decimals: int


METRIC_LABELS = {
    "psnr": MetricLabel("PSNR", "in decibels, mean over pictures", "higher", 2),
    "ssim": MetricLabel("SSIM", "mean over pictures", "higher", 3),
    "rmse": MetricLabel("RMSE", "of colours from 0 to 1, mean over pictures", "lower", 3),
    "fd": MetricLabel("Fréchet distance", "of features to the real photos", "lower", 1),
    "fid": MetricLabel("FID", "Fréchet distance of Inception's features", "lower", 1),
    "kid": MetricLabel("Kernel distance", "of features to the real photos", "lower", 4),
    "precision": MetricLabel("Precision", "fraction of pictures among the photos", "higher", 3),
    "recall": MetricLabel("Recall", "fraction of photos among the pictures", "higher", 3),
    "lpips": MetricLabel("LPIPS", "to the photo, mean over pictures", "lower", 3),
    "lpips_diversity": MetricLabel("Diversity", "LPIPS between samples of a label map", "higher", 3),
    "miou": MetricLabel("mIoU", "of a segmenter, unknown pixels ignored", "higher", 3),
    "miou_unknown": MetricLabel("mIoU", "of a segmenter, unknown pixels counted", "higher", 3),
    "pixel": MetricLabel("Pixel accuracy", "of a segmenter, unknown pixels ignored", "higher", 3),
    "pixel_accuracy_unknown": MetricLabel("Pixel accuracy", "of a segmenter, unknown counted", "higher", 3),
}


def metric_label(name: str) -> MetricLabel:
    """The label of the longest beginning of `name` that has one; KeyError for an unknown metric."""
    starts = [start for start in METRIC_LABELS if f"{name}_".startswith(f"{start}_")]
    return METRIC_LABELS[max(starts, key=len, default=name)]


def written(value: float | None, label: MetricLabel) -> str:
    """A value with the decimals of its metric; "–" for None and NaN, where there is none."""
    if value is None or math.isnan(value):
        return "–"
    return "∞" if math.isinf(value) else f"{value:.{label.decimals}f}"
