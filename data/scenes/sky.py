"""What is above the horizon: sky, sun, clouds, mountain ridges."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np

from data.scenes.labels import Label, Material
from data.scenes.layout import Layout, Surface
from data.scenes.outline import below, blob, box, ellipse, fractal_line

RIDGE_POINTS = 97


def add_sky(layout: Layout, rng: Random) -> None:
    """The sky over the whole picture, the sun where there is one, and up to seven clouds."""
    air = Surface(Label.SKY, Material.AIR, y=0.0, radius=1.0, shift=rng.randrange(256))
    layout.paint(air, box(-0.1, -0.1, layout.aspect + 0.1, 1.1))
    if layout.sun is not None:
        sun = layout.sun
        face = Surface(Label.SUN, Material.SUN, x=sun.x, y=sun.y, radius=sun.radius)
        layout.paint(face, ellipse(sun.x, sun.y, sun.radius, sun.radius))
    for _ in range(int(8 * rng.random() ** 1.3)):
        _add_cloud(layout, rng)


def _add_cloud(layout: Layout, rng: Random) -> None:
    """Puffs over a flat base; the nearer to the horizon the smaller."""
    height = rng.uniform(0.12, 0.8)  # fraction of the sky, from the top
    y = height * layout.camera.horizon
    x = rng.uniform(0.0, layout.aspect)
    half = rng.uniform(0.1, 0.22) * (1.15 - height)
    puffs = []
    for _ in range(rng.randrange(4, 8)):
        away = rng.uniform(-1.0, 1.0)
        size = half * rng.uniform(0.3, 0.5) * (1.25 - abs(away))
        puffs.append(blob(rng, x + away * half, y - 0.45 * size, 1.25 * size, 0.62 * size, 0.09, 20))
    side = 0.12 * layout.light_side(x)
    cloud = Surface(
        Label.CLOUD, Material.CLOUD, x=x, y=y - 0.1 * half, radius=half, side=side, rise=0.45,
        haze=0.35 * height, shift=rng.randrange(256),
    )  # fmt: skip
    layout.paint(cloud, *puffs, ellipse(x, y, 1.1 * half, 0.14 * half))


def add_mountains(layout: Layout, rng: Random) -> None:
    """Up to three ridges, each nearer one lower and clearer; the high ones carry snow in any season."""
    ridges = (0, 1, 2, 2, 3, 3)[rng.randrange(6)]
    highest = rng.uniform(0.35, 0.8) * layout.camera.horizon
    for ridge in range(ridges):
        nearness = (ridge + 1) / ridges
        _add_ridge(layout, rng, highest * (1.15 - 0.75 * nearness), 0.62 * (1.05 - nearness) + 0.08)


def _add_ridge(layout: Layout, rng: Random, height: float, haze: float) -> None:
    """One ridge `height` above the horizon at its highest, about."""
    xs = np.linspace(-0.05, layout.aspect + 0.05, RIDGE_POINTS)
    line = fractal_line(rng, RIDGE_POINTS, octaves=5, first=rng.randrange(2, 5), decay=0.55)
    horizon = layout.camera.horizon
    tops = horizon - height * (0.55 + 0.75 * line)  # (RIDGE_POINTS,)
    snow_line = horizon - rng.uniform(0.15, 0.3)
    teeth = snow_line + 0.05 * fractal_line(rng, RIDGE_POINTS, octaves=3, first=24, decay=0.7)
    # The light falls on the slopes that face the sun: the texture is embossed from the right, and the
    # sign of the radius turns it round.
    facing = -0.4 if layout.light_side(0.5 * layout.aspect) < 0.0 else 0.4
    rock = Surface(
        Label.MOUNTAIN, Material.ROCK, y=horizon, radius=facing, rise=0.5 * facing, haze=haze,
        shift=rng.randrange(256),
    )  # fmt: skip
    if tops.min() < teeth.max():
        layout.paint(replace(rock, material=Material.SUMMIT), below(xs, tops, horizon + 0.02))
    layout.paint(rock, below(xs, np.maximum(tops, teeth), horizon + 0.02))
