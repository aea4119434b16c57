"""Boats, cars, people and trees; every `add_*` paints one that stands on the ground at (x, y)."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from data.scenes.layout import Label, Layout, Material, Surface
from data.scenes.outline import Stencil, blob, ellipse

HULLS = ((0.95, 0.95, 0.95), (0.75, 0.15, 0.12), (0.15, 0.25, 0.5), (0.45, 0.28, 0.16), (0.2, 0.5, 0.5))
SAILS = ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0), (0.95, 0.88, 0.7), (0.9, 0.35, 0.25))
TAR = (0.18, 0.16, 0.15)
LACQUERS = (
    (0.85, 0.12, 0.1), (0.12, 0.25, 0.7), (0.92, 0.92, 0.92), (0.15, 0.15, 0.17), (0.65, 0.67, 0.7),
    (0.95, 0.75, 0.1), (0.1, 0.45, 0.3), (0.5, 0.1, 0.3),
)  # fmt: skip
COATS = (
    (0.85, 0.2, 0.2), (0.95, 0.8, 0.2), (0.2, 0.4, 0.75),
    (0.9, 0.9, 0.9), (0.25, 0.55, 0.35), (0.6, 0.3, 0.6),
)  # fmt: skip
TROUSERS = ((0.2, 0.22, 0.35), (0.25, 0.22, 0.2), (0.45, 0.4, 0.35))
SKINS = ((1.0, 0.8, 0.68), (0.8, 0.58, 0.42), (0.5, 0.33, 0.24))


def add_boat(layout: Layout, rng: Random, x: float, y: float, length: float) -> None:
    """A boat `length` metres long, heading left or right."""
    size = length * layout.camera.metre(y)
    ahead = size if rng.random() < 0.5 else -size
    paint = rng.choice(HULLS)
    hull = Surface(
        Label.BOAT, Material.HULL, layout.next_instance(), x=x, y=y - 0.1 * size, radius=0.5 * size,
        side=0.15 * layout.light_side(x), rise=0.2, pigment=paint, haze=layout.haze(y),
    )  # fmt: skip
    # In boat's lengths: ahead of the middle and above the water.
    stencil = Stencil(x, y, ahead, size)
    layout.shadows.append(stencil.polygon(-0.45, 0.0, 0.4, 0.0, 0.3, -0.1, -0.35, -0.1))
    if rng.random() < 0.65:
        _add_sails(layout, hull, stencil, rng.choice(SAILS))
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


def add_car(layout: Layout, rng: Random, x: float, y: float, coming: bool) -> None:
    """A car 1.8 m wide; `coming` shows white lamps, else red ones."""
    metre = layout.camera.metre(y)
    side = 0.18 * layout.light_side(x)
    roof = rng.uniform(1.4, 1.85)  # metres
    waist = 0.62 * roof
    body = Surface(
        Label.CAR, Material.LACQUER, layout.next_instance(), x=x, y=y - 0.6 * metre, radius=0.9 * metre,
        side=side, rise=0.3, pigment=rng.choice(LACQUERS), haze=layout.haze(y),
    )  # fmt: skip
    polygon = Stencil(x, y, metre, metre).polygon  # in metres right of the middle and above the road
    lean = -2.0 * side
    layout.shadows.append(polygon(-1.0, 0.12, 1.0, 0.12, lean + 1.05, -0.3, lean - 1.05, -0.3))
    tyre = replace(body, material=Material.TYRE, rise=0.0)
    left_tyre = polygon(-0.85, 0.0, -0.55, 0.0, -0.55, 0.5, -0.85, 0.5)
    layout.paint(tyre, left_tyre, polygon(0.55, 0.0, 0.85, 0.0, 0.85, 0.5, 0.55, 0.5))
    outline = polygon(
        -0.9, 0.28, -0.93, 0.55, -0.88, waist, -0.66, roof - 0.06, -0.55, roof,
        0.55, roof, 0.66, roof - 0.06, 0.88, waist, 0.93, 0.55, 0.9, 0.28,
    )  # fmt: skip
    layout.paint(body, outline)
    glass = replace(body, material=Material.GLASS)
    layout.paint(glass, polygon(-0.72, waist, -0.58, roof - 0.1, 0.58, roof - 0.1, 0.72, waist))
    layout.paint(tyre, polygon(-0.9, 0.28, -0.9, 0.38, 0.9, 0.38, 0.9, 0.28))  # the bumper
    lamp = replace(body, material=Material.HEAD_LAMP if coming else Material.TAIL_LAMP, rise=0.0)
    low, high = waist - 0.3, waist - 0.1
    left_lamp = polygon(-0.86, low, -0.86, high, -0.58, high, -0.58, low)
    layout.paint(lamp, left_lamp, polygon(0.58, low, 0.58, high, 0.86, high, 0.86, low))
    plate = replace(body, material=Material.FRAME, rise=0.0)
    layout.paint(plate, polygon(-0.25, low, -0.25, low + 0.13, 0.25, low + 0.13, 0.25, low))


def add_person(layout: Layout, rng: Random, x: float, y: float, height: float) -> None:
    """A person `height` metres tall."""
    unit = layout.camera.metre(y) * height / 1.75  # the outlines are those of a person of 1.75 m
    side = layout.light_side(x)
    legs = Surface(
        Label.PERSON, Material.CLOTH, layout.next_instance(), x=x, y=y - 0.4 * unit, radius=0.3 * unit,
        side=0.25 * side, rise=0.12, pigment=rng.choice(TROUSERS), haze=layout.haze(y),
    )  # fmt: skip
    coat = replace(legs, y=y - 1.1 * unit, pigment=rng.choice(COATS))
    head = replace(legs, material=Material.SKIN, y=y - 1.62 * unit, pigment=rng.choice(SKINS))
    layout.shadows.append(ellipse(x - 0.4 * side * unit, y + 0.05 * unit, 0.5 * unit, 0.12 * unit, 14))
    polygon = Stencil(x, y, unit, unit).polygon
    stride = rng.uniform(0.02, 0.2)
    left_leg = polygon(-0.17, 0.85, 0.02, 0.85, 0.02 - stride, 0.0, -0.14 - stride, 0.0)
    layout.paint(legs, left_leg, polygon(-0.02, 0.85, 0.17, 0.85, stride + 0.14, 0.0, stride - 0.02, 0.0))
    outline = polygon(
        -0.2, 0.75, -0.3, 0.85, -0.25, 1.38, -0.12, 1.48, 0.12, 1.48, 0.25, 1.38, 0.3, 0.85, 0.2, 0.75
    )
    layout.paint(coat, outline)
    layout.paint(head, ellipse(x, y - 1.62 * unit, 0.13 * unit, 0.15 * unit, 14))


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
