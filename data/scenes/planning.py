"""One scene by chance: camera, backdrop, ground, then things where the ground allows them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

from data.scenes.draw import rasterise
from data.scenes.house import add_house
from data.scenes.landscape import Road, add_ground, add_mountains, add_sky
from data.scenes.layout import Camera, Label, Layout, Sun
from data.scenes.things import add_boat, add_car, add_person, add_tree

MAP_HEIGHT = 64  # pixels of the map of the ground, which shows where things may stand
TRIES = 8
LAND: frozenset[int] = frozenset({Label.GRASS, Label.SAND})
WATER: frozenset[int] = frozenset({Label.SEA})
Painter = Callable[[float, float], None]  # paints a thing at (x, y)


def plan_scene(rng: Random, aspect: float) -> Layout:
    """The layout for one state of `rng`, for pictures `aspect` times as wide as high."""
    camera = Camera(
        horizon=rng.uniform(0.32, 0.6), centre=aspect * rng.uniform(0.3, 0.7), height=rng.uniform(3.0, 8.0)
    )
    sun = None
    if rng.random() < 0.75:
        sun = Sun(aspect * rng.random(), camera.horizon * rng.uniform(0.12, 0.8), rng.uniform(0.035, 0.065))
    layout = Layout(aspect, camera, sun)
    add_sky(layout, rng)
    add_mountains(layout, rng)
    road = add_ground(layout, rng)
    _Population(layout, rng).place_things(road)
    return layout


class _Population:
    """Finds places for things, then paints them from far to near."""

    def __init__(self, layout: Layout, rng: Random) -> None:
        self.layout = layout
        self.rng = rng
        surface = rasterise(layout, MAP_HEIGHT, max(1, round(MAP_HEIGHT * layout.aspect)))
        # Labels by row and column, as plain lists: they are asked one at a time.
        self.ground: list[list[int]] = layout.labels()[surface].tolist()
        self.taken: list[tuple[float, float, float]] = []  # x, y, half width
        self.painters: list[tuple[float, Callable[[], None]]] = []  # y, what paints a thing there

    def place_things(self, road: Road | None) -> None:
        rng, layout = self.rng, self.layout
        if road is not None:
            self._place_cars(road)
        for _ in range(rng.randrange(6) if rng.random() < 0.75 else 0):
            width = rng.uniform(6.0, 10.0)
            self._place(partial(add_house, layout, rng, width=width), width, LAND, 0.08, 0.5)
        for _ in range(rng.randrange(6)):
            length = rng.uniform(5.0, 9.0)
            self._place(partial(add_boat, layout, rng, length=length), length, WATER, 0.06, 0.5)
        firs = rng.random()
        for _ in range(int(26 * rng.random() ** 1.7)):
            height, fir = rng.uniform(3.5, 9.0), rng.random() < firs
            self._place(partial(add_tree, layout, rng, height=height, fir=fir), 2.5, LAND, 0.06, 0.6)
        for _ in range(rng.randrange(5)):
            height = rng.uniform(1.55, 1.95)
            self._place(partial(add_person, layout, rng, height=height), 0.8, LAND, 0.2, 0.9)
        for _, paint in sorted(self.painters, key=lambda entry: entry[0]):
            paint()

    def _place_cars(self, road: Road) -> None:
        """Right-hand traffic; no two cars at the same distance in a lane."""
        rng, camera = self.rng, self.layout.camera
        for _ in range(rng.randrange(6)):
            y = camera.horizon + (1.0 - camera.horizon) * (0.1 + 0.8 * rng.random() ** 1.5)
            coming = rng.random() < 0.5
            lane = 0.5 * road.half_width * (-1.0 if coming else 1.0)
            x = road.centre(self.layout, y) + lane * camera.metre(y)
            half = 1.0 * camera.metre(y)
            if self._is_free(x, y, half, 3.0):
                self._take(partial(add_car, self.layout, rng, coming=coming), x, y, half)

    def _place(self, paint: Painter, width: float, labels: frozenset[int], near: float, far: float) -> None:
        """Tries a few places whose ground is all of `labels`.

        `near` and `far` are fractions of the way from the horizon to the feet: not nearer to either.
        """
        rng, camera = self.rng, self.layout.camera
        for _ in range(TRIES):
            y = camera.horizon + (1.0 - camera.horizon) * (near + (far - near) * rng.random() ** 1.4)
            x = rng.uniform(-0.05, self.layout.aspect + 0.05)
            half = 0.5 * width * camera.metre(y)
            if self._lies_on(x, y, half, labels) and self._is_free(x, y, half, 1.0):
                self._take(paint, x, y, half)
                return

    def _take(self, paint: Painter, x: float, y: float, half: float) -> None:
        self.taken.append((x, y, half))
        self.painters.append((y, partial(paint, x, y)))

    def _lies_on(self, x: float, y: float, half: float, labels: frozenset[int]) -> bool:
        """Whether the ground under a thing's left foot, middle and right foot is one of `labels`."""
        row = self.ground[min(int(y * MAP_HEIGHT), MAP_HEIGHT - 1)]
        last = len(row) - 1
        return all(row[min(max(int(p * MAP_HEIGHT), 0), last)] in labels for p in (x - half, x, x + half))

    def _is_free(self, x: float, y: float, half: float, spacing: float) -> bool:
        """Whether no thing stands in the way: a thing is about as deep as it is wide, foreshortened."""
        return all(
            abs(x - other_x) > spacing * 0.9 * (half + other_half)
            or abs(y - other_y) > 0.5 * (half + other_half)
            for other_x, other_y, other_half in self.taken
        )
