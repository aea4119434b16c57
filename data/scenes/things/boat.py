"""Boats: sailing ones with two sails, and motor boats with a cabin."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from data.scenes.labels import Label
from data.scenes.layout import Layout, Surface
from data.scenes.materials import Material
from data.scenes.outline import Stencil

HULLS = ((0.95, 0.95, 0.95), (0.75, 0.15, 0.12), (0.15, 0.25, 0.5), (0.45, 0.28, 0.16), (0.2, 0.5, 0.5))
SAILS = ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0), (0.95, 0.88, 0.7), (0.9, 0.35, 0.25))
TAR = (0.18, 0.16, 0.15)


def add_boat(layout: Layout, rng: Random, x: float, y: float, length: float) -> None:
    """A boat `length` metres long, heading left or right."""
    size = length * layout.camera.metre(y)
    ahead = size if rng.random() < 0.5 else -size
    paint = HULLS[rng.randrange(len(HULLS))]
    hull = Surface(
        Label.BOAT, Material.HULL, layout.next_instance(), x=x, y=y - 0.1 * size, radius=0.5 * size,
        side=0.15 * layout.light_side(x), rise=0.2, pigment=paint, haze=layout.haze(y),
    )  # fmt: skip
    # In boat's lengths: ahead of the middle and above the water.
    stencil = Stencil(x, y, ahead, size)
    layout.shadows.append(stencil.polygon(-0.45, 0.0, 0.4, 0.0, 0.3, -0.1, -0.35, -0.1))
    if rng.random() < 0.65:
        _add_sails(layout, hull, stencil, SAILS[rng.randrange(len(SAILS))])
    else:
        _add_cabin(layout, hull, stencil)
    layout.paint(hull, stencil.polygon(-0.47, 0.17, -0.4, 0.0, 0.33, 0.0, 0.52, 0.2))
    stripe = replace(hull, pigment=(0.6 * paint[0], 0.6 * paint[1], 0.6 * paint[2]))
    layout.paint(stripe, stencil.polygon(-0.42, 0.05, -0.4, 0.0, 0.33, 0.0, 0.38, 0.05))


def _add_sails(layout: Layout, hull: Surface, stencil: Stencil, cloth: tuple[float, float, float]) -> None:
    """A mast, the main sail behind it and the jib before it."""
    mast = replace(hull, pigment=TAR)
    layout.paint(mast, stencil.polygon(-0.015, 0.1, -0.015, 1.12, 0.015, 1.12, 0.015, 0.1))
    sail = replace(hull, material=Material.SAIL, pigment=cloth)
    main = stencil.polygon(-0.03, 0.2, -0.03, 1.08, -0.2, 0.62, -0.45, 0.2)
    layout.paint(sail, main, stencil.polygon(0.04, 0.18, 0.04, 0.95, 0.25, 0.5, 0.44, 0.18))


def _add_cabin(layout: Layout, hull: Surface, stencil: Stencil) -> None:
    """A white cabin with a window."""
    cabin = replace(hull, material=Material.SAIL, pigment=SAILS[0])
    layout.paint(cabin, stencil.polygon(-0.3, 0.1, -0.27, 0.32, 0.1, 0.32, 0.22, 0.1))
    window = replace(hull, material=Material.GLASS)
    layout.paint(window, stencil.polygon(-0.24, 0.2, -0.23, 0.29, 0.09, 0.29, 0.14, 0.2))
