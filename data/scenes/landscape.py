"""The landscape: sky, sun, clouds and mountains above the horizon; sea, sand, grass and the road below it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

import numpy as np

from data.scenes.layout import Label, Layout, Material, Polygon, Surface
from data.scenes.outline import below, between, blob, box, ellipse, fractal_line

RIDGE_POINTS = 97
MATERIAL = {Label.SEA: Material.WATER, Label.SAND: Material.SAND, Label.GRASS: Material.GRASS}
LINE_POINTS = 65

# From the horizon to the feet; no road leads through these.
BANDS: tuple[tuple[Label, ...], ...] = (
    (Label.SEA, Label.SAND),
    (Label.SEA, Label.SAND, Label.GRASS),
    (Label.SEA, Label.GRASS),
    (Label.GRASS, Label.SAND, Label.SEA),
    (Label.GRASS, Label.SEA),
    (Label.SAND, Label.SEA, Label.SAND),
)


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


@dataclass(frozen=True)
class Road:
    """A road towards the vanishing point: `start` is its x at the feet, `bend` its swerve on the way."""

    start: float
    bend: float
    half_width: float  # metres

    def centre(self, layout: Layout, y: float) -> float:
        """The x of its middle at height `y` of the picture."""
        camera = layout.camera
        way = (y - camera.horizon) / (1.0 - camera.horizon)
        return camera.centre + (self.start - camera.centre) * way + self.bend * way * (1.0 - way) ** 2


def add_ground(layout: Layout, rng: Random) -> Road | None:
    """Ground of one of three kinds (bands, a coast on one side, open land) and the road, if it has one."""
    kind = rng.random()
    if kind < 0.35:
        _add_bands(layout, rng)
        return None
    land, other = (Label.GRASS, Label.SAND) if rng.random() < 0.8 else (Label.SAND, Label.GRASS)
    _paint_ground(layout, land, box(-0.1, layout.camera.horizon, layout.aspect + 0.1, 1.1))
    coast = kind < 0.65
    side = 1.0 if rng.random() < 0.5 else -1.0
    if coast:
        _add_coast(layout, rng, side)
    else:
        for _ in range(rng.randrange(3)):
            _add_patch(layout, rng, other)
    if rng.random() < 0.2:
        return None
    return _add_road(layout, rng, away_from=side if coast else 0.0)


def _paint_ground(layout: Layout, label: Label, polygon: Polygon) -> None:
    layout.paint(Surface(label, MATERIAL[label]), polygon)


def _add_bands(layout: Layout, rng: Random) -> None:
    """Bands across the picture with wavering edges, flatter in the distance."""
    horizon = layout.camera.horizon
    labels = rng.choice(BANDS)
    _paint_ground(layout, labels[0], box(-0.1, horizon, layout.aspect + 0.1, 1.1))
    xs = np.linspace(-0.05, layout.aspect + 0.05, LINE_POINTS)
    way = 0.0
    for label in labels[1:]:
        way = rng.uniform(way + 0.12, way + 0.9 / len(labels))
        waver = (0.04 + 0.2 * way) * fractal_line(rng, LINE_POINTS, octaves=4, first=2, decay=0.45)
        tilt = rng.uniform(-0.12, 0.12) * way * (xs - 0.5 * layout.aspect)
        edge = horizon + (1.0 - horizon) * np.maximum(way + waver, 0.03) + tilt
        _paint_ground(layout, label, below(xs, edge, 1.1))


def _add_coast(layout: Layout, rng: Random, side: float) -> None:
    """Sea on one side (-1 left, 1 right) as far as the eye reaches, with a strip of sand."""
    camera = layout.camera
    ways = np.linspace(0.0, 1.0, LINE_POINTS) ** 2  # denser in the distance, where a metre is short
    ys = camera.horizon + (1.05 - camera.horizon) * ways
    waver = fractal_line(rng, LINE_POINTS, octaves=4, first=3) * (0.05 + 0.25 * ways)
    inland = rng.uniform(0.02, 0.2) * layout.aspect
    shore = camera.centre + side * (inland + rng.uniform(0.0, 0.5) * layout.aspect * ways + waver)
    beach = shore - side * (0.02 + rng.uniform(0.1, 0.35) * ways)
    outside = np.full_like(ys, 0.5 * layout.aspect + side * (0.5 * layout.aspect + 0.2))
    _paint_ground(layout, Label.SAND, between(beach, outside, ys))
    _paint_ground(layout, Label.SEA, between(shore, outside, ys))


def _add_patch(layout: Layout, rng: Random, label: Label) -> None:
    """A field of another kind, flat in perspective."""
    camera = layout.camera
    middle = camera.horizon + (1.0 - camera.horizon) * rng.uniform(0.05, 0.9)
    half_down = 0.35 * (middle - camera.horizon) * rng.uniform(0.5, 1.0)
    half_across = half_down * rng.uniform(2.5, 6.0)
    turn = np.linspace(0.0, 2.0 * np.pi, LINE_POINTS)
    reach = 1.0 + 0.25 * fractal_line(rng, LINE_POINTS, octaves=3, first=5) * np.sin(0.5 * turn)
    x = rng.uniform(0.0, layout.aspect)
    xs = x + half_across * reach * np.cos(turn)
    ys = middle + half_down * reach * np.sin(turn)
    _paint_ground(layout, label, np.stack([xs, ys], axis=1).ravel().tolist())


def _add_road(layout: Layout, rng: Random, away_from: float) -> Road:
    """A two-lane road with edge lines and a dashed middle; it keeps `away_from` the side where the sea is."""
    camera = layout.camera
    start = camera.centre + layout.aspect * (
        rng.uniform(-0.55, 0.55) if away_from == 0.0 else -away_from * rng.uniform(0.0, 0.5)
    )
    bend = layout.aspect * rng.uniform(-0.5, 0.5) * (1.0 if away_from == 0.0 else 0.3)
    road = Road(start, bend, half_width=rng.uniform(2.8, 3.8))
    ways = np.linspace(0.07, 1.02, LINE_POINTS) ** 2
    ys = camera.horizon + (1.0 - camera.horizon) * ways
    asphalt = Surface(Label.ROAD, Material.ASPHALT)
    layout.paint(asphalt, _strip(layout, road, ys, -road.half_width, road.half_width))
    inset = road.half_width - 0.3
    marking = Surface(Label.ROAD, Material.MARKING)
    lines = [_strip(layout, road, ys, edge - 0.07, edge + 0.07) for edge in (-inset, inset)]
    layout.paint(marking, *lines, *_dashes(layout, road, rng.uniform(0.0, 3.0)))
    return road


def _dashes(layout: Layout, road: Road, start: float) -> list[Polygon]:
    """The middle line's dashes: equal lengths on the ground are equal steps of distance, 1 / metre."""
    camera = layout.camera
    nearest, farthest = 1.0 / camera.metre(1.0), 1.0 / camera.metre(camera.horizon + 0.035)
    dashes = []
    distance = nearest - start
    while distance < farthest:
        near, far = max(distance, 0.5 * nearest), distance + 2.0
        low, high = camera.horizon + camera.height / near, camera.horizon + camera.height / far
        x, far_x = road.centre(layout, low), road.centre(layout, high)
        dashes.append(
            [x - 0.08 / near, low, far_x - 0.08 / far, high, far_x + 0.08 / far, high, x + 0.08 / near, low]
        )
        distance += 4.0
    return dashes


def _strip(layout: Layout, road: Road, ys: np.ndarray, left: float, right: float) -> Polygon:
    """The part of a road from `left` to `right` metres beside its middle."""
    metre = (ys - layout.camera.horizon) / layout.camera.height
    centre = np.array([road.centre(layout, y) for y in ys.tolist()])
    return between(centre + left * metre, centre + right * metre, ys)
