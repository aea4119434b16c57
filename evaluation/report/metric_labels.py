"""How values are written for people."""

from __future__ import annotations

import math

from evaluation.metrics import METRICS as METRIC_LABELS
from evaluation.metrics import metric_label

__all__ = ["ARROWS", "METRIC_LABELS", "metric_label", "written"]

ARROWS = {"higher": "↑", "lower": "↓"}


def written(value: float | None, decimals: int) -> str:
    """A value with its decimals; "–" where there is none."""
    if value is None:
        return "–"
    return "∞" if math.isinf(value) else f"{value:.{decimals}f}"
