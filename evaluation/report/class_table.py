"""The metrics of each class, as bars with the values of a reference as ticks on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from evaluation.metrics import MetricSpec
from evaluation.protocol import Rows

CLASS_METRICS = {
    "colour_error": (
        MetricSpec("colour error", "of its mean colour, in levels of 255", "lower", 1),
        "mean_colour_baseline",
    ),
    "iou": (MetricSpec("IoU", "of a segmenter", "higher", 3), "real_photos"),
}
"""How a metric of classes is written, and the row that gives the ticks."""


class Bar(NamedTuple):
    """A value of the model; `length` and `tick` (None without a reference) in percent of the longest bar."""

    value: float
    length: float
    tick: float | None


class ClassColumn(NamedTuple):
    """A metric of classes: `reference`, the row of the ticks, None where there are none; `bars` by class."""

    label: MetricSpec
    reference: str | None
    bars: dict[str, Bar]


def class_columns(class_metrics: Mapping[str, Rows]) -> list[ClassColumn]:
    """A column for each metric; `class_metrics`: by a name of `CLASS_METRICS`, row (model, ...) and class."""
    columns = []
    for metric, rows in class_metrics.items():
        label, reference = CLASS_METRICS[metric]
        ticks = rows.get(reference, {})
        percent = 100 / (max(value for values in rows.values() for value in values.values()) or 1.0)
        bars = {
            name: Bar(value, percent * value, percent * ticks[name] if name in ticks else None)
            for name, value in rows["model"].items()
        }
        columns.append(ClassColumn(label, reference if ticks else None, bars))
    return columns
