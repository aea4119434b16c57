"""The curves of a run as small charts with a scale each: losses, and metrics of its evaluations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

GROUPS = ("evaluation", "generator", "discriminator")
POINTS = 240  # of a curve; longer ones are averaged in stretches


@dataclass(frozen=True)
class Chart:
    """A curve: `values` (N,) after so many `images` (N,), in ascending order, two at least."""

    WIDTH, HEIGHT = 1000, 300  # in the drawing's own units; the page stretches it

    group: str
    title: str
    images: np.ndarray
    values: np.ndarray

    @property
    def points(self) -> str:
        """The curve in the drawing's units, which it fills from edge to edge."""
        x = (self.images - self.images[0]) / (np.ptp(self.images) or 1.0) * self.WIDTH
        y = (self.values - self.values.min()) / (np.ptp(self.values) or 1.0) * self.HEIGHT
        return " ".join(f"{across:.1f},{self.HEIGHT - up:.1f}" for across, up in zip(x, y))


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
            drawn.append(Chart(group, f"{group}: {metric.replace('_', ' ')}", images, values))
    return drawn
