"""How each metric is written for people."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class MetricLabel:
    """How a metric is written: its name, what it says, which way is better, and its decimals."""

    name: str
    meaning: str
    better: str
    decimals: int


METRIC_LABELS = {
    "psnr": MetricLabel("PSNR", "in decibels, mean over pictures", "higher", 2),
    "ssim": MetricLabel("SSIM", "mean over pictures", "higher", 3),
    "rmse": MetricLabel("RMSE", "of colours from 0 to 1, mean over pictures", "lower", 3),
    "fd": MetricLabel("Fréchet distance", "of features to the real photos", "lower", 1),
    "fid": MetricLabel("FID", "Fréchet distance of Inception's features", "lower", 1),
    "kid": MetricLabel("Kernel distance", "of features to the real photos", "lower", 4),
    "precision": MetricLabel("Precision", "share of pictures among the photos", "higher", 3),
    "recall": MetricLabel("Recall", "share of photos among the pictures", "higher", 3),
    "lpips": MetricLabel("LPIPS", "to the photo, mean over pictures", "lower", 3),
    "lpips_diversity": MetricLabel("Diversity", "LPIPS between samples of a label map", "higher", 3),
    "miou": MetricLabel("mIoU", "of a segmenter, unknown pixels ignored", "higher", 3),
    "miou_unknown": MetricLabel("mIoU", "of a segmenter, unknown pixels counted", "higher", 3),
    "pixel": MetricLabel("Pixel accuracy", "of a segmenter, unknown pixels ignored", "higher", 3),
    "pixel_accuracy_unknown": MetricLabel("Pixel accuracy", "of a segmenter, unknown counted", "higher", 3),
}
ARROWS = {"higher": "↑", "lower": "↓"}


def metric_label(name: str) -> MetricLabel:
    """The text of the longest beginning of `name` that has one; KeyError for a name nobody knows."""
    starts = [start for start in METRIC_LABELS if f"{name}_".startswith(f"{start}_")]
    return METRIC_LABELS[max(starts, key=len, default=name)]


def written(value: float | None, decimals: int) -> str:
    """A figure with its decimals; "–" where there is none."""
    if value is None:
        return "–"
    return "∞" if math.isinf(value) else f"{value:.{decimals}f}"
