"""The metrics of an evaluation: the model's, and the rows to compare them with, for a page and a terminal."""

from __future__ import annotations

import math
from typing import NamedTuple

from pandas import DataFrame

from evaluation.protocol import Protocol, Rows

ROW_TITLES = {
    "model": "this model",
    "mean_colour_baseline": "mean colour",
    "real_train": "training photos",
    "real_photos": "the photos themselves",
}
"""How the rows of a metrics.json are called on a page."""
SCALE_MARGIN = 1.08
"""How far a scale goes beyond its greatest value."""


class Scale(NamedTuple):
    """A line from 0 with the three values of a metric on it; positions in percent of its length."""

    model: float
    baseline: float
    photos: float


def metric_scale(metric: str, metrics: Rows) -> Scale | None:
    """None unless model, mean-colour baseline and training photos all have a finite value."""
    rows = ("model", "mean_colour_baseline", "real_train")
    values = [metrics.get(row, {}).get(metric, math.nan) for row in rows]
    if not all(map(math.isfinite, values)):
        return None
    end = SCALE_MARGIN * max(values) or 1.0
    return Scale(*(100 * max(0.0, value) / end for value in values))


def numbers_text(metrics: Rows, protocol: Protocol) -> str:
    """For a terminal: a line for each metric, its values in the order of the rows, then the protocol."""
    names = [name for name in metrics["model"] if name != "images"]
    table = DataFrame(metrics, index=names).rename(protocol.metric_name)
    text = table.to_string(na_rep="", float_format="{:.4g}".format, col_space=14)
    return f"{text}\n" + "; ".join(f"{term}: {meaning}" for term, meaning in protocol.describe())
