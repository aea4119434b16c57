"""What the galleries of a page need: their cards' width, their orders, the worst and the best pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from evaluation.gallery import GalleryRow
from evaluation.metrics import MetricSpec, metric_label

SMALLEST, LARGEST = 120, 360  # width of a picture on the page, in CSS pixels
EXTREMES = 4
"""How many of the worst and of the best pictures are shown."""

Scores = Mapping[str, Mapping[str, float]]
"""Metrics of single pictures, by the picture's name and the metric's."""


class Extremes(NamedTuple):
    """The worst and the best pictures by one metric, and their scores of this metric alone."""

    label: MetricSpec
    worst: list[GalleryRow]
    best: list[GalleryRow]
    scores: Scores


def extremes(rows: Sequence[GalleryRow], scores: Scores) -> Extremes | None:
    """By LPIPS where it was computed, else by SSIM; None where neither was, or for fewer than two rows."""
    names = sorted({name for values in scores.values() for name in values})
    metric = next((name for start in ("lpips", "ssim") for name in names if name.startswith(start)), "")
    ranked = [row for row in rows if metric in scores.get(row.name, {})]
    if len(ranked) < 2:
        return None
    label = metric_label(metric)
    ranked.sort(key=lambda row: scores[row.name][metric], reverse=label.better == "lower")
    count = min(EXTREMES, len(ranked) // 2)
    only = {row.name: {metric: scores[row.name][metric]} for row in ranked}
    return Extremes(label, ranked[:count], ranked[::-1][:count], only)


def metric_orders(rows: Sequence[GalleryRow], scores: Scores) -> list[tuple[str, str]]:
    """The orders by metric that the page offers, as "METRIC up" or "METRIC down", with a text for each."""
    orders = []
    for name in dict.fromkeys(name for row in rows for name in scores.get(row.name, {})):
        label = metric_label(name)
        worst, best = ("up", "down") if label.better == "higher" else ("down", "up")
        orders += [(f"{name} {worst}", f"{label.name}, worst first")]
        orders += [(f"{name} {best}", f"{label.name}, best first")]
    return orders


def card_width(rows: Sequence[GalleryRow]) -> int:
    """CSS pixels of a card that has room for the row with most pictures."""
    most = max(1 + len(row.generated) + (row.photo is not None) for row in rows)
    return most * (min(max(max(row.width for row in rows), SMALLEST), LARGEST) + 6) + 20
