"""The curves of a run as small charts with a scale each: losses, and metrics of its evaluations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

GROUPS = ("evaluation", "generator", "discriminator")
POINTS = 240  # of a curve; longer ones are averaged in stretches


@dataclass(frozen=True)
class Chart:
    """A curve of (images, value) pairs, two at least."""

    WIDTH, HEIGHT = 1000, 300  # in the drawing's own units; the page stretches it

    group: str
    title: str
    curve: list[tuple[float, float]]

    @property
    def images(self) -> list[float]:
        """From the first to the last."""
        return [images for images, _ in self.curve]

    @property
    def values(self) -> list[float]:
        """In the same order."""
        return [value for _, value in self.curve]

    @property
    def points(self) -> str:
        """The curve in the drawing's units, which it fills from edge to edge."""
        first, lowest = self.images[0], min(self.values)
        across = self.WIDTH / ((self.images[-1] - first) or 1.0)
        up = self.HEIGHT / ((max(self.values) - lowest) or 1.0)
        return " ".join(
            f"{(x - first) * across:.1f},{self.HEIGHT - (y - lowest) * up:.1f}" for x, y in self.curve
        )


def charts(log: Sequence[Mapping[str, float]]) -> list[Chart]:
    """A chart for each entry of `GROUPS` (generator/...) that two rows of the log have; evaluations first."""
    names = dict.fromkeys(name for row in log for name in row if name.partition("/")[0] in GROUPS)
    drawn = []
    for name in sorted(names, key=lambda name: not name.startswith(f"{GROUPS[0]}/")):
        group, _, metric = name.partition("/")
        drawn.append(Chart(group, f"{group}: {metric.replace('_', ' ')}", _curve(log, name)))
    return [chart for chart in drawn if len(chart.curve) > 1]


def _curve(log: Sequence[Mapping[str, float]], name: str) -> list[tuple[float, float]]:
    """(images, value) in the log's order, averaged to at most `POINTS`; NaN and infinity are skipped."""
    points = [(float(row["images"]), row[name]) for row in log if math.isfinite(row.get(name, math.nan))]
    stretch = -(-len(points) // POINTS) or 1
    stretches = [points[start : start + stretch] for start in range(0, len(points), stretch)]
    return [(part[-1][0], sum(value for _, value in part) / len(part)) for part in stretches]
