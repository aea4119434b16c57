"""Outlines: fractal lines, blobs, and the few regular shapes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import cycle
from random import Random

import numpy as np

from data.scenes.layout import Polygon

Point = tuple[float, float]

# The corners of regular polygons on the unit circle.
_CORNERS = {
    n: [(math.cos(2.0 * math.pi * k / n), math.sin(2.0 * math.pi * k / n)) for k in range(n)]
    for n in (14, 20, 24)
}


@dataclass(frozen=True)
class Stencil:
    """Outlines in units of their own: one is `right` picture heights across and `up` upwards from (x, y)."""

    x: float
    y: float
    right: float
    up: float

    def polygon(self, *values: float) -> Polygon:
        """The outline through points given as units right of and above (x, y), in turn."""
        return [
            self.y - self.up * value if odd else self.x + self.right * value
            for odd, value in zip(cycle((False, True)), values)
        ]


def closed(*points: Point) -> Polygon:
    """The outline through some points."""
    return [value for point in points for value in point]


def fractal_line(rng: Random, points: int, octaves: int, first: int = 2, decay: float = 0.5) -> np.ndarray:
    """A random line about 0 within [-1, 1] whose details shrink by `decay` an octave (1/f noise at 0.5).

    The coarsest octave has `first` stretches. Shape (points,).
    """
    place = np.linspace(0.0, 1.0, points)
    line = np.zeros(points)
    weight, total = 1.0, 0.0
    for octave in range(octaves):
        knots = (first << octave) + 1
        values = [2.0 * rng.random() - 1.0 for _ in range(knots)]
        line += weight * np.interp(place, np.linspace(0.0, 1.0, knots), values)
        total += weight
        weight *= decay
    return line / total


def below(xs: np.ndarray, ys: np.ndarray, bottom: float) -> Polygon:
    """The area from a line down to `bottom`."""
    line = np.stack([xs, ys], axis=1).ravel().tolist()
    return [*line, float(xs[-1]), bottom, float(xs[0]), bottom]


def between(left: np.ndarray, right: np.ndarray, ys: np.ndarray) -> Polygon:
    """The area between two lines given by their x at the same heights `ys`."""
    outline = np.empty((2 * len(ys), 2))
    outline[: len(ys), 0], outline[len(ys) :, 0] = left, right[::-1]
    outline[: len(ys), 1], outline[len(ys) :, 1] = ys, ys[::-1]
    return outline.ravel().tolist()


def box(left: float, top: float, right: float, bottom: float) -> Polygon:
    """An upright rectangle."""
    return [left, top, right, top, right, bottom, left, bottom]


def ellipse(x: float, y: float, across: float, down: float, corners: int = 24) -> Polygon:
    """An ellipse with the half axes `across` and `down`."""
    return [value for cos, sin in _CORNERS[corners] for value in (x + across * cos, y + down * sin)]


def blob(rng: Random, x: float, y: float, across: float, down: float, rough: float, corners: int) -> Polygon:
    """An ellipse whose outline wavers by up to the fraction `rough` of its radius."""
    outline: Polygon = []
    for cos, sin in _CORNERS[corners]:
        stretch = 1.0 + rough * (2.0 * rng.random() - 1.0)
        outline += (x + across * stretch * cos, y + down * stretch * sin)
    return outline
