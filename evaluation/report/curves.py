"""The curves of a run as small charts with a scale each: losses, and metrics of its evaluations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

GROUPS = ("evaluation", "generator", "discriminator")
WIDTH, HEIGHT = 1000, 300  # in the drawing's own units; the page stretches it
POINTS = 240  # of a curve; longer ones are averaged in stretches


class Chart(NamedTuple):
    """A curve after so many `images` (N,), two at least; `points` fill the drawing from edge to edge."""

    group: str
    title: str
    images: np.ndarray
    values: np.ndarray
    points: str


def charts(log: Sequence[Mapping[str, float]]) -> list[Chart]:
    """A chart for each entry of `GROUPS` (generator/...) that two rows of the log have; evaluations first.

    Curves are averaged to at most `POINTS`; NaN and infinity are skipped.
    """
    names = dict.fromkeys(name for row in log for name in row if name.partition("/")[0] in GROUPS)
    drawn = []
    for name in sorted(names, key=lambda name: not name.startswith(f"{GROUPS[0]}/")):
        points = [(row["images"], row[name]) for row in log if math.isfinite(row.get(name, math.nan))]
        if len(points) > 1:
            group, _, metric = name.partition("/")
            parts = np.array_split(points, min(len(points), POINTS))
            images, values = np.array([(part[-1, 0], part[:, 1].mean()) for part in parts]).T
            x = (images - images[0]) / (np.ptp(images) or 1.0) * WIDTH
            y = HEIGHT - (values - values.min()) / (np.ptp(values) or 1.0) * HEIGHT
            line = " ".join(f"{across:.1f},{down:.1f}" for across, down in zip(x, y))
            drawn.append(Chart(group, f"{group}: {metric.replace('_', ' ')}", images, values, line))
    return drawn
