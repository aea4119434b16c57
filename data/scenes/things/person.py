"""People: legs, coat and head."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from data.scenes.labels import Label
from data.scenes.layout import Layout, Surface
from data.scenes.materials import Material
from data.scenes.outline import Stencil, ellipse

COATS = (
    (0.85, 0.2, 0.2), (0.95, 0.8, 0.2), (0.2, 0.4, 0.75),
    (0.9, 0.9, 0.9), (0.25, 0.55, 0.35), (0.6, 0.3, 0.6),
)  # fmt: skip
TROUSERS = ((0.2, 0.22, 0.35), (0.25, 0.22, 0.2), (0.45, 0.4, 0.35))
SKINS = ((1.0, 0.8, 0.68), (0.8, 0.58, 0.42), (0.5, 0.33, 0.24))


def add_person(layout: Layout, rng: Random, x: float, y: float, height: float) -> None:
    """A person `height` metres tall."""
    unit = layout.camera.metre(y) * height / 1.75  # the outlines are those of a person of 1.75 m
    side = layout.light_side(x)
    legs = Surface(
        Label.PERSON, Material.CLOTH, layout.next_instance(), x=x, y=y - 0.4 * unit, radius=0.3 * unit,
        side=0.25 * side, rise=0.12, pigment=TROUSERS[rng.randrange(len(TROUSERS))], haze=layout.haze(y),
    )  # fmt: skip
    coat = replace(legs, y=y - 1.1 * unit, pigment=COATS[rng.randrange(len(COATS))])
    head = replace(legs, material=Material.SKIN, y=y - 1.62 * unit, pigment=SKINS[rng.randrange(len(SKINS))])
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
