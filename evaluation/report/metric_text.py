"""How each metric is written for people."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class MetricText:
    """How a metric is written: its name, what it says, which way is better, and its decimals."""

    name: str
    meaning: str
    better: str
    decimals: int


METRIC_TEXTS = {
    "psnr": MetricText("PSNR", "in decibels, mean over pictures", "higher", 2),
    "ssim": MetricText("SSIM", "mean over pictures", "higher", 3),
    "rmse": MetricText("RMSE", "of colours from 0 to 1, mean over pictures", "lower", 3),
    "fd": MetricText("Fréchet distance", "of features to the real photos", "lower", 1),
    "fid": MetricText("FID", "Fréchet distance of Inception's features", "lower", 1),
    "kid": MetricText("Kernel distance", "of features to the real photos", "lower", 4),
    "precision": MetricText("Precision", "share of pictures among the photos", "higher", 3),
    "recall": MetricText("Recall", "share of photos among the pictures", "higher", 3),
    "lpips": MetricText("LPIPS", "to the photo, mean over pictures", "lower", 3),
    "lpips_diversity": MetricText("Diversity", "LPIPS between samples of a label map", "higher", 3),
    "miou": MetricText("mIoU", "of a segmenter, unknown pixels ignored", "higher", 3),
    "miou_unknown": MetricText("mIoU", "of a segmenter, unknown pixels counted", "higher", 3),
    "pixel": MetricText("Pixel accuracy", "of a segmenter, unknown pixels ignored", "higher", 3),
    "pixel_accuracy_unknown": MetricText("Pixel accuracy", "of a segmenter, unknown counted", "higher", 3),
}
ARROWS = {"higher": "↑", "lower": "↓"}


def metric_text(name: str) -> MetricText:
    """The text of the longest beginning of `name` that has one; KeyError for a name nobody knows."""
    starts = [start for start in METRIC_TEXTS if f"{name}_".startswith(f"{start}_")]
    return METRIC_TEXTS[max(starts, key=len, default=name)]


def written(value: float | None, decimals: int) -> str:
    """A figure with its decimals; "–" where there is none."""
    if value is None:
        return "–"
    return "∞" if math.isinf(value) else f"{value:.{decimals}f}"
