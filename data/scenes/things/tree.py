"""Trees: broad-leaved ones of several clumps, and firs of several tiers."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from data.scenes.labels import Label
from data.scenes.layout import Layout, Surface
from data.scenes.materials import Material
from data.scenes.outline import Stencil, blob, ellipse


def add_tree(layout: Layout, rng: Random, x: float, y: float, height: float, fir: bool) -> None:
    """A tree `height` metres tall; trunk and crown are one instance."""
    tall = height * layout.camera.metre(y)
    side = layout.light_side(x)
    # The sun stands behind: the shadow comes towards the viewer, away from its side.
    layout.shadows.append(ellipse(x - 0.25 * tall * side, y + 0.04 * tall, 0.3 * tall, 0.07 * tall, 14))
    trunk = Surface(
        Label.TREE, Material.TRUNK, layout.next_instance(), x=x, y=y, radius=0.035 * tall, side=0.3 * side,
        haze=layout.haze(y),
    )  # fmt: skip
    outline = Stencil(x, y, tall, tall).polygon(-0.035, 0.0, -0.024, 0.5, 0.024, 0.5, 0.035, 0.0)
    layout.paint(trunk, outline)
    # Between yellowish and bluish green, lighter and darker.
    light, warm = rng.uniform(0.8, 1.15), rng.uniform(-0.15, 0.2)
    crown = replace(trunk, side=0.37 * side, pigment=(light * (1.0 + warm), light, light * (1.0 - warm)))
    if fir:
        _add_tiers(layout, rng, crown, tall)
    else:
        _add_clumps(layout, rng, crown, tall)


def _add_clumps(layout: Layout, rng: Random, crown: Surface, tall: float) -> None:
    """A crown of clumps, each lit on its own; small trees have fewer."""
    clumps = 2 if tall < 0.12 else rng.randrange(3, 6)
    for clump in range(clumps):
        # The first clumps lie low, the last one crowns the tree.
        up = 0.45 + 0.3 * clump / (clumps - 1)
        away = 0.0 if clump == clumps - 1 else rng.uniform(-0.16, 0.16)
        x, y, radius = crown.x + away * tall, crown.y - up * tall, tall * rng.uniform(0.2, 0.27)
        leaves = replace(
            crown, material=Material.LEAVES, x=x, y=y, radius=radius, rise=0.32, shift=rng.randrange(256)
        )
        layout.paint(leaves, blob(rng, x, y, radius, 0.85 * radius, rough=0.13, corners=20))


def _add_tiers(layout: Layout, rng: Random, crown: Surface, tall: float) -> None:
    """Tiers of branches, the lower the wider, each dark below the one above it."""
    broad = tall * rng.uniform(0.2, 0.27)
    tiers = 3 if tall < 0.15 else 5
    for tier in range(tiers):
        below = tier / tiers
        foot = crown.y - tall * (0.12 + 0.7 * below)
        half = broad * (1.0 - tier / (tiers + 0.6))
        high = tall * (0.544 - 0.385 * below)
        sag = -0.03 * tall / high
        needles = replace(
            crown, material=Material.NEEDLES, y=foot, radius=1.1 * half, rise=-0.25, shift=rng.randrange(256)
        )
        outline = Stencil(crown.x, foot, half, high).polygon(
            0.0, 1.0, 0.5, 0.3, 1.0, sag, 0.5, -0.3 * sag, 0.0, sag, -0.5, -0.3 * sag, -1.0, sag, -0.5, 0.3
        )
        layout.paint(needles, outline)
