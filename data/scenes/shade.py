"""Surfaces to colours: texture, light from the sun's side, haze, shadows, reflections and glow.

Everything is done for all pixels at once: each pixel looks up the numbers of its surface. Arrays of a picture
are (rows, columns) or (3, rows, columns), float32; colours are 0-255.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.scenes.layout import BACKDROP, GROUND, WHITE, Camera, Label, Layout, Sun, Surface
from data.scenes.styles import RGB, Paint, Style
from data.scenes.texture import LEVELS, SIZE, Texture, atlas

TILE_METRES = 9.0  # a ground texture's width on the ground
WIDER = 3  # the tone that hides the ground texture's repeating is 2**WIDER times as wide
TONE = (int(Texture.PLAIN) * LEVELS + 2) * SIZE * SIZE  # where that tone starts in the atlas
MARGIN = 2  # rows about the horizon that may show sky as well as ground, for outlines are a pixel wide
NEAREST_HORIZON = 0.003  # picture heights; below it the perspective is cut off
OFFSET = 1 << 16  # keeps texels positive, so that cutting them to whole numbers rounds one way


@dataclass(frozen=True)
class SurfaceTables:
    """One entry a surface.

    Texel = `scale` * place + (`across`, `down`); light = place . (`side`, `rise`) + `level`.

    `tile` is where its texture starts in the atlas; `dark` and `span` (3, surfaces) are the colour at texture
    0 and the difference to that at 255. Ground has scale 0: its texels come from the perspective.
    """

    scale: np.ndarray
    across: np.ndarray
    down: np.ndarray
    side: np.ndarray
    rise: np.ndarray
    level: np.ndarray
    tile: np.ndarray
    dark: np.ndarray
    span: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class _View:
    """One picture's pixels: the surface of each, and where rows and columns lie in picture heights."""

    camera: Camera
    style: Style
    tables: SurfaceTables
    surface: np.ndarray  # intp (rows, columns)
    x: np.ndarray  # (1, columns)
    y: np.ndarray  # (rows, 1)
    first: int  # the first row that may show ground
    away: np.ndarray  # how far below the horizon each ground row is, (rows - first, 1)

    def mask(self, labels: frozenset[Label], rows: slice) -> np.ndarray:
        """1 where a pixel of `rows` has one of `labels`, else 0: float32."""
        return np.isin(self.tables.labels, list(labels)).astype(np.float32).take(self.surface[rows])


def shade(layout: Layout, surface: np.ndarray, shadow: np.ndarray, style: Style) -> np.ndarray:
    """The picture of a layout in a style, (3, rows, columns), about 0-255 but not cut to it."""
    view = _make_view(layout, surface, style)
    ground = view.mask(GROUND, slice(view.first, None))
    texture = _texture(view, ground)
    tables = view.tables
    light = tables.side.take(surface) * view.x + tables.rise.take(surface) * view.y
    light += tables.level.take(surface)
    colour = tables.span.take(surface, axis=1)
    colour *= texture
    colour += tables.dark.take(surface, axis=1)
    colour *= light
    _add_sky(view, colour)
    _shade_ground(view, colour[:, view.first :], ground, shadow[view.first :], layout.sun)
    if Label.SEA in tables.labels:
        _shade_sea(view, colour, texture, layout.sun)
    if layout.sun is not None:
        _add_glow(view, colour, layout.sun)
    return colour


def _make_view(layout: Layout, surface: np.ndarray, style: Style) -> _View:
    rows, columns = surface.shape
    x = ((np.arange(columns, dtype=np.float32) + 0.5) / rows)[None, :]
    y = ((np.arange(rows, dtype=np.float32) + 0.5) / rows)[:, None]
    first = max(0, int(np.searchsorted(y[:, 0], layout.camera.horizon)) - MARGIN)
    away = np.maximum(y[first:] - np.float32(layout.camera.horizon), np.float32(NEAREST_HORIZON))
    return _View(layout.camera, style, tabulate(layout, style, rows), surface, x, y, first, away)


def _texture(view: _View, ground: np.ndarray) -> np.ndarray:
    """The texture's value at each pixel, 0-255: in its surface's frame, or in perspective on the ground."""
    tables, first = view.tables, view.first
    across = tables.scale.take(view.surface)
    down = across * view.y
    across *= view.x
    across += tables.across.take(view.surface)
    down += tables.down.take(view.surface)
    tile = tables.tile.take(view.surface)
    # Texels a picture height at a row's distance, and texels of distance a row: their mean decides the blur.
    beside = (SIZE / TILE_METRES * view.camera.height) / view.away  # (rows - first, 1)
    across[first:] += ground * (beside * (view.x - np.float32(view.camera.centre)))
    down[first:] += ground * beside
    step = np.sqrt(beside * beside / view.away) / len(view.y)
    tile[first:] += ground.astype(np.int32) * (blur_level(step) * (SIZE * SIZE))
    row, column = down.astype(np.int32), across.astype(np.int32)
    texture = atlas().take(_texel(row, column) + tile).astype(np.float32)
    tone = atlas().take(_texel(row[first:] >> WIDER, column[first:] >> WIDER) + TONE).astype(np.float32)
    texture[first:] += ground * (0.5 * (tone - 127.5))
    return texture


def _texel(row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """The place of a texel in its tile, which repeats for ever."""
    return (row & (SIZE - 1)) * SIZE + (column & (SIZE - 1))


def _colour(rgb: RGB) -> np.ndarray:
    return np.array(rgb, dtype=np.float32)[:, None, None]


def _add_sky(view: _View, colour: np.ndarray) -> None:
    """The gradient from the zenith to the horizon."""
    end = view.first + 2 * MARGIN
    sky = view.mask(frozenset({Label.SKY}), slice(0, end))
    height = np.maximum(1.0 - view.y[:end] / view.camera.horizon, 0.0) ** 0.8  # (end, 1): 1 at the top
    horizon, zenith = _colour(view.style.horizon), _colour(view.style.zenith)
    colour[:, :end] += (horizon + (zenith - horizon) * height) * sky


def _shade_ground(
    view: _View, colour: np.ndarray, ground: np.ndarray, shadow: np.ndarray, sun: Sun | None
) -> None:
    """Haze in the distance, shadows, more light below the sun, less at the feet."""
    factor = 1.08 - 0.3 * view.away / (1.0 - view.camera.horizon)  # (rows, 1)
    if sun is not None:
        factor = factor + 0.2 * view.style.contrast * np.exp(-(((view.x - sun.x) / 0.3) ** 2))
    haze = ground * (0.55 / (1.0 + 14.0 * view.away))
    keep = 1.0 + ground * (factor * (1.0 - view.style.shadow * shadow) - 1.0)
    keep *= 1.0 - haze
    colour *= keep
    colour += _colour(view.style.haze) * haze


def _shade_sea(view: _View, colour: np.ndarray, texture: np.ndarray, sun: Sun | None) -> None:
    """The sea mirrors what is above the horizon, most of it in the distance, and glitters below the sun."""
    first = view.first
    sea = view.mask(frozenset({Label.SEA}), slice(first, None))
    # Where there is more sea than sky, the sky's image is stretched rather than cut off.
    mirrored = max(first - 1, 0) - (np.arange(len(sea)) * min(1.0, first / len(sea))).astype(int)  # (rows,)
    backdrop = view.mask(BACKDROP, slice(None))[mirrored]
    water = colour[:, first:]
    weight = sea * backdrop * (0.12 + 0.58 * np.exp(view.away / -0.16))
    image = colour[:, mirrored]
    image -= water
    image *= weight
    water += image
    if sun is not None:
        path = np.exp(-(((view.x - sun.x) / (0.03 + 0.2 * view.away)) ** 2)) * np.exp(view.away / -0.35)
        crests = texture[first:] * (1.0 / 255.0)
        water += _colour(view.style.glint) * (sea * path * crests * crests)


def _add_glow(view: _View, colour: np.ndarray, sun: Sun) -> None:
    """A bright and a faint halo: Gaussians, each the product of a row's and a column's."""
    radius = view.style.glow_radius
    halo = np.zeros_like(colour[0])
    for width, strength in ((radius, 0.65), (2.5 * radius, 0.35)):
        across = np.exp(-(((view.x - sun.x) / width) ** 2))
        halo += np.float32(strength) * np.exp(-(((view.y - sun.y) / width) ** 2)) * across
    colour += _colour(view.style.glow) * halo


def tabulate(layout: Layout, style: Style, rows: int) -> SurfaceTables:
    """The tables of a layout's surfaces for a picture of `rows` rows."""
    surfaces = layout.surfaces
    paints = [style.paints[surface.material] for surface in surfaces]
    frame = np.array([(s.x, s.y, 1.0 / s.radius, s.side, s.rise, s.shift) for s in surfaces], np.float32)
    x, y, per_radius, side, rise, shift = frame.T
    repeats = np.array([paint.repeats for paint in paints], dtype=np.float32)
    labels = layout.labels()
    ground = np.isin(labels, list(GROUND))
    scale = np.where(ground, 0.0, SIZE * repeats * per_radius).astype(np.float32)
    side = style.contrast * side * per_radius
    rise = -style.contrast * rise * per_radius  # y grows downwards
    level = blur_level(np.abs(scale) / rows)
    texture = np.array([paint.texture for paint in paints], dtype=np.int32)
    dark, light = _colours(surfaces, paints, style)
    return SurfaceTables(
        scale=scale,
        across=OFFSET + shift - x * scale,
        down=OFFSET + shift - y * scale,
        side=side,
        rise=rise,
        level=1.0 - x * side - y * rise,
        tile=(texture * LEVELS + level) * SIZE * SIZE,
        dark=dark,
        span=(light - dark) / 255.0,
        labels=labels,
    )


def blur_level(texels: np.ndarray) -> np.ndarray:
    """The level of the atlas for pixels `texels` apart, int32 of the same shape."""
    return np.clip(np.rint(np.log2(np.maximum(texels, 1.0))), 0, LEVELS - 1).astype(np.int32)


def _colours(surfaces: list[Surface], paints: list[Paint], style: Style) -> tuple[np.ndarray, np.ndarray]:
    """The dark and the light colour of each surface under the style's light, hazed: two (3, surfaces)."""

    def lit(colours: list[RGB]) -> np.ndarray:
        colour = np.array(colours, dtype=np.float32) * pigment * light
        return (colour + haze * (np.array(style.haze, dtype=np.float32) - colour)).T.copy()

    pigment = np.array([s.pigment if p.pigmented else WHITE for s, p in zip(surfaces, paints)], np.float32)
    light = np.array([WHITE if paint.glows else style.light for paint in paints], np.float32)
    haze = np.array([[surface.haze] for surface in surfaces], dtype=np.float32)
    return lit([paint.dark for paint in paints]), lit([paint.light for paint in paints])
