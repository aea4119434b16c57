"""Houses in perspective: a front with windows and a door, the visible side, and a roof."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from data.scenes.layout import Camera, Label, Layout, Material, Surface
from data.scenes.outline import Point, box, closed

PLASTER = ((0.95, 0.9, 0.8), (0.9, 0.8, 0.55), (0.75, 0.82, 0.85), (0.95, 0.95, 0.95), (0.88, 0.68, 0.6))
BRICKS = ((0.8, 0.42, 0.32), (0.7, 0.5, 0.4), (0.62, 0.34, 0.28))
ROOFS = ((0.72, 0.3, 0.22), (0.5, 0.3, 0.25), (0.35, 0.37, 0.42), (0.6, 0.42, 0.28))
OVERHANG = 0.35  # of the roof, metres
STOREY = 2.6  # metres
WINDOWS_WITH_BARS = 0.012  # a metre's least length in the picture for a bar that can be seen


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

    def at(self, right: float, up: float, back: float = 0.0) -> Point:
        """A point `right` of the front's middle and `up`, `back` of the house's depth behind the front."""
        metre = self.camera.metre(self.y)
        return self.camera.recede(self.x + right * metre, self.y - up * metre, metre, back * self.depth)


def add_house(layout: Layout, rng: Random, x: float, y: float, width: float) -> None:
    """A house with a front `width` metres wide; its walls are one instance, its roof is another."""
    storeys = 1 if rng.random() < 0.55 else 2
    eaves = 0.4 + STOREY * storeys
    peak = eaves + width * rng.uniform(0.3, 0.5)
    # The side that faces the vanishing point is the one in sight.
    turn = 1.0 if x < layout.camera.centre else -1.0
    light = turn * layout.light_side(x)
    depth = width * rng.uniform(0.8, 1.4)
    house = _House(layout.camera, x, y, 0.5 * width, eaves, peak, depth, turn, light)
    material, colours = (Material.BRICK, BRICKS) if rng.random() < 0.5 else (Material.PLANKS, PLASTER)
    wall = Surface(
        Label.WALL, material, layout.next_instance(), x=x, y=y, radius=2.4 * layout.camera.metre(y),
        pigment=rng.choice(colours), haze=layout.haze(y),
    )  # fmt: skip
    instance = layout.next_instance()
    roof = replace(
        wall, label=Label.ROOF, material=Material.TILES, instance=instance, pigment=rng.choice(ROOFS)
    )
    _cast_shadow(layout, house)
    gable_in_front = rng.random() < 0.5
    _add_walls(layout, house, wall, gable_in_front)
    _add_roof(layout, house, roof, gable_in_front)
    _add_openings(layout, rng, wall, width, storeys)


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


def _add_walls(layout: Layout, house: _House, wall: Surface, gable_in_front: bool) -> None:
    """The side in sight, then the front; one of them has the gable."""
    at, half, eaves, peak = house.at, house.half, house.eaves, house.peak
    side = house.turn * half
    side_gable = [] if gable_in_front else [at(side, peak, 0.5)]
    front_gable = [at(0.0, peak)] if gable_in_front else []
    flank = closed(at(side, 0.0), at(side, eaves), *side_gable, at(side, eaves, 1.0), at(side, 0.0, 1.0))
    layout.paint(_shaded(wall, 0.8 + 0.25 * house.light), flank)
    front = closed(at(-half, 0.0), at(-half, eaves), *front_gable, at(half, eaves), at(half, 0.0))
    layout.paint(_shaded(wall, 0.95 - 0.1 * abs(house.light)), front)


def _add_roof(layout: Layout, house: _House, roof: Surface, gable_in_front: bool) -> None:
    """The slope over the front; or, with a gable there, the slope at its side and the edges over it."""
    at, out = house.at, house.half + OVERHANG
    if not gable_in_front:
        gutter, ridge = house.eaves - OVERHANG, house.peak
        across = closed(at(-out, gutter), at(-out, ridge, 0.5), at(out, ridge, 0.5), at(out, gutter))
        layout.paint(roof, across)
        return
    ridge, gutter = house.peak + 0.15, house.eaves - 0.6 * OVERHANG
    lower = house.turn * out
    slope = closed(at(lower, gutter), at(0.0, ridge), at(0.0, ridge, 1.0), at(lower, gutter, 1.0))
    layout.paint(_shaded(roof, 0.9 + 0.25 * house.light), slope)
    top, under = at(0.0, ridge), at(0.0, ridge - 0.3)
    edges = [closed(at(end, gutter), top, under, at(end, gutter - 0.3)) for end in (-out, out)]
    layout.paint(_shaded(roof, 0.75), *edges)


def _add_openings(layout: Layout, rng: Random, wall: Surface, width: float, storeys: int) -> None:
    """A grid of windows on a front `width` metres wide, some of them lit at night, and a door."""
    metre = layout.camera.metre(wall.y)
    columns = max(2, round(width / STOREY))
    door = rng.randrange(columns)
    for storey in range(storeys):
        for column in range(columns):
            x = wall.x + width * metre * ((column + 0.5) / columns - 0.5)
            if storey == 0 and column == door:
                _add_door(layout, wall, x, metre)
            else:
                pane = Material.LIT_PANE if rng.random() < 0.55 else Material.DARK_PANE
                _add_window(layout, pane, wall, x, wall.y - (1.65 + STOREY * storey) * metre, metre)


def _add_window(layout: Layout, pane: Material, wall: Surface, x: float, y: float, metre: float) -> None:
    """A window with its middle at (x, y): a light frame and panes, one instance."""
    frame = Surface(Label.WINDOW, Material.FRAME, layout.next_instance(), haze=wall.haze)
    glass = replace(frame, material=pane, x=x, y=y, radius=1.2 * metre, rise=0.15, side=0.1)
    layout.paint(frame, box(x - 0.62 * metre, y - 0.65 * metre, x + 0.62 * metre, y + 0.65 * metre))
    left, right, bar = x - 0.5 * metre, x + 0.5 * metre, 0.05 * metre
    top, bottom = y - 0.53 * metre, y + 0.53 * metre
    if metre > WINDOWS_WITH_BARS:
        layout.paint(glass, box(left, top, x - bar, bottom), box(x + bar, top, right, bottom))
    else:
        layout.paint(glass, box(left, top, right, bottom))


def _add_door(layout: Layout, wall: Surface, x: float, metre: float) -> None:
    """A door is a part of the wall."""
    door = replace(wall, material=Material.DOOR, x=x, radius=metre, rise=0.1)
    layout.paint(door, box(x - 0.5 * metre, wall.y - 2.1 * metre, x + 0.5 * metre, wall.y))
