"""The metrics of each class, as bars with the values of a reference as ticks on them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from data.sources.source import LabelSet
from evaluation.protocol import Rows


@dataclass(frozen=True)
class ClassMetric:
    """How a metric of classes is written; `reference`: the row that gives the ticks, with its title."""

    name: str
    arrow: str
    meaning: str
    decimals: int
    reference: str
    reference_title: str


CLASS_METRICS = {
    "colour_error": ClassMetric(
        "colour error", "↓", "of its mean colour, in levels of 255", 1, "mean_colour_baseline", "mean colour"
    ),
    "iou": ClassMetric("IoU", "↑", "of a segmenter", 3, "real_photos", "the photos themselves"),
}


@dataclass(frozen=True)
class Bar:
    """A value of the model; `length` and `tick` (None without a reference) in percent of the longest bar."""

    value: float
    text: str
    length: float
    tick: float | None


def shown_metrics(class_metrics: Mapping[str, Rows]) -> dict[ClassMetric, Rows]:
    """Those that the model has; `class_metrics`: by a name of `CLASS_METRICS`, row (model, ...) and class."""
    return {CLASS_METRICS[name]: rows for name, rows in class_metrics.items() if rows.get("model")}


def tick_titles(metrics: Mapping[ClassMetric, Rows]) -> list[str]:
    """What the ticks stand for, of each metric that has them."""
    return [f"{each.name}: {each.reference_title}" for each in metrics if metrics[each].get(each.reference)]


def class_bars(label_set: LabelSet, metrics: Mapping[ClassMetric, Rows]) -> dict[str, list[Bar | None]]:
    """A bar for each metric, by class; None where it has no value. Classes without any are absent."""
    bars = {name: [_bar(each, rows, name) for each, rows in metrics.items()] for name in label_set.names}
    return {name: bars[name] for name in bars if any(name in rows["model"] for rows in metrics.values())}


def _bar(metric: ClassMetric, rows: Rows, name: str) -> Bar | None:
    value, reference = (rows.get(row, {}).get(name, math.nan) for row in ("model", metric.reference))
    if not math.isfinite(value):
        return None
    finite = [each for classes in rows.values() for each in classes.values() if math.isfinite(each)]
    percent = 100 / (max(finite) or 1.0)
    tick = percent * reference if math.isfinite(reference) else None
    return Bar(value, f"{value:.{metric.decimals}f}", percent * value, tick)
