"""Houses in perspective: a front, the side that can be seen, and a roof with its ridge along or across."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from data.scenes.labels import Label
from data.scenes.layout import Camera, Layout, Surface
from data.scenes.materials import Material
from data.scenes.outline import Point, closed
from data.scenes.things.openings import add_openings

PLASTER = ((0.95, 0.9, 0.8), (0.9, 0.8, 0.55), (0.75, 0.82, 0.85), (0.95, 0.95, 0.95), (0.88, 0.68, 0.6))
BRICKS = ((0.8, 0.42, 0.32), (0.7, 0.5, 0.4), (0.62, 0.34, 0.28))
ROOFS = ((0.72, 0.3, 0.22), (0.5, 0.3, 0.25), (0.35, 0.37, 0.42), (0.6, 0.42, 0.28))
OVERHANG = 0.35  # of the roof, metres


@dataclass(frozen=True)
class _House:
    """A house's measures in metres; its front's foot has its middle at (x, y) of the picture."""

    camera: Camera
    x: float
    y: float
    half: float  # of the front's width
    eaves: float
    peak: float
    depth: float
    turn: float  # which side wall is in sight: 1 the right one, -1 the left one
    light: float  # on that side wall, -1 to 1

    def at(self, right: float, up: float, share: float = 0.0) -> Point:
        """A point `right` of the front's middle and `up`, `share` of the house's depth behind the front."""
        metre = self.camera.metre(self.y)
        return self.camera.recede(self.x + right * metre, self.y - up * metre, metre, share * self.depth)


def add_house(layout: Layout, rng: Random, x: float, y: float, width: float) -> None:
    """A house with a front `width` metres wide; its walls are one instance, its roof is another."""
    storeys = 1 if rng.random() < 0.55 else 2
    eaves = 0.4 + 2.6 * storeys
    peak = eaves + width * rng.uniform(0.3, 0.5)
    # The side that faces the vanishing point is the one in sight.
    turn = 1.0 if x < layout.camera.centre else -1.0
    light = turn * layout.light_side(x)
    depth = width * rng.uniform(0.8, 1.4)
    house = _House(layout.camera, x, y, 0.5 * width, eaves, peak, depth, turn, light)
    brick = rng.random() < 0.5
    colours = BRICKS if brick else PLASTER
    plaster = colours[rng.randrange(len(colours))]
    wall = Surface(
        Label.WALL, Material.BRICK if brick else Material.PLANKS, layout.next_instance(), x=x, y=y,
        radius=2.4 * layout.camera.metre(y), pigment=plaster, haze=layout.haze(y),
    )  # fmt: skip
    tiles = ROOFS[rng.randrange(len(ROOFS))]
    roof = replace(
        wall, label=Label.ROOF, material=Material.TILES, instance=layout.next_instance(), pigment=tiles
    )
    _cast_shadow(layout, house)
    if rng.random() < 0.5:
        _add_gable_to_front(layout, house, wall, roof)
    else:
        _add_gable_to_side(layout, house, wall, roof)
    add_openings(layout, rng, wall, width, storeys)


def _cast_shadow(layout: Layout, house: _House) -> None:
    """Towards the viewer and away from the sun; points under the ground lie before the front."""
    reach = 0.9 * house.half * layout.light_side(house.x)
    fall = -0.25 * house.eaves
    left, right = house.at(-house.half - reach, fall), house.at(house.half - reach, fall)
    layout.shadows.append(closed(house.at(-house.half, 0.0), house.at(house.half, 0.0), right, left))


def _shaded(surface: Surface, light: float) -> Surface:
    """The surface with its pigment darker or lighter, for a plane turned away from or to the light."""
    red, green, blue = (value * light for value in surface.pigment)
    return replace(surface, pigment=(red, green, blue))


def _add_gable_to_front(layout: Layout, house: _House, wall: Surface, roof: Surface) -> None:
    """The ridge runs away from the viewer: the front shows the gable."""
    at, half, eaves, peak = house.at, house.half, house.eaves, house.peak
    side = house.turn * half
    flank = closed(at(side, 0.0), at(side, eaves), at(side, eaves, 1.0), at(side, 0.0, 1.0))
    layout.paint(_shaded(wall, 0.8 + 0.25 * house.light), flank)
    front = closed(at(-half, 0.0), at(-half, eaves), at(0.0, peak), at(half, eaves), at(half, 0.0))
    layout.paint(_shaded(wall, 0.95 - 0.1 * abs(house.light)), front)
    ridge, gutter, out = peak + 0.15, eaves - 0.6 * OVERHANG, half + OVERHANG
    lower = house.turn * out
    slope = closed(at(lower, gutter), at(0.0, ridge), at(0.0, ridge, 1.0), at(lower, gutter, 1.0))
    layout.paint(_shaded(roof, 0.9 + 0.25 * house.light), slope)
    edges = [
        closed(at(end, gutter), at(0.0, ridge), at(0.0, ridge - 0.3), at(end, gutter - 0.3))
        for end in (-out, out)
    ]
    layout.paint(_shaded(roof, 0.75), *edges)


def _add_gable_to_side(layout: Layout, house: _House, wall: Surface, roof: Surface) -> None:
    """The ridge runs across the picture: the front shows the roof's slope."""
    at, half, eaves, peak = house.at, house.half, house.eaves, house.peak
    side = house.turn * half
    flank = closed(
        at(side, 0.0), at(side, eaves), at(side, peak, 0.5), at(side, eaves, 1.0), at(side, 0.0, 1.0)
    )
    layout.paint(_shaded(wall, 0.8 + 0.25 * house.light), flank)
    front = closed(at(-half, 0.0), at(-half, eaves), at(half, eaves), at(half, 0.0))
    layout.paint(_shaded(wall, 0.95 - 0.1 * abs(house.light)), front)
    gutter, out = eaves - OVERHANG, half + OVERHANG
    slope = closed(at(-out, gutter), at(-out, peak, 0.5), at(out, peak, 0.5), at(out, gutter))
    layout.paint(roof, slope)
