"""Cars on the road, seen from behind or coming."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from data.scenes.labels import Label
from data.scenes.layout import Layout, Surface
from data.scenes.materials import Material
from data.scenes.outline import Stencil

LACQUERS = (
    (0.85, 0.12, 0.1), (0.12, 0.25, 0.7), (0.92, 0.92, 0.92), (0.15, 0.15, 0.17), (0.65, 0.67, 0.7),
    (0.95, 0.75, 0.1), (0.1, 0.45, 0.3), (0.5, 0.1, 0.3),
)  # fmt: skip


def add_car(layout: Layout, rng: Random, x: float, y: float, coming: bool) -> None:
    """A car 1.8 m wide; `coming` shows white lamps, else red ones."""
    metre = layout.camera.metre(y)
    side = 0.18 * layout.light_side(x)
    roof = rng.uniform(1.4, 1.85)  # metres
    waist = 0.62 * roof
    body = Surface(
        Label.CAR, Material.LACQUER, layout.next_instance(), x=x, y=y - 0.6 * metre, radius=0.9 * metre,
        side=side, rise=0.3, pigment=LACQUERS[rng.randrange(len(LACQUERS))], haze=layout.haze(y),
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
