"""The numbers of each surface in a style, as arrays that pixels look themselves up in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.scenes.labels import GROUND, Label
from data.scenes.layout import Layout, Surface
from data.scenes.styles import RGB, Paint, Style
from data.scenes.texture import LEVELS, SIZE

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


def is_one_of(chosen: frozenset[Label], labels: np.ndarray) -> np.ndarray:
    """Which of `labels` are among the `chosen`, bool of the same shape."""
    return np.array([label in chosen for label in range(len(Label))])[labels]


def tabulate(layout: Layout, style: Style, rows: int) -> SurfaceTables:
    """The tables of a layout's surfaces for a picture of `rows` rows."""
    surfaces = layout.surfaces
    paints = [style.paints[surface.material] for surface in surfaces]
    frame = np.array(
        [(s.x, s.y, 1.0 / s.radius, s.side, s.rise, s.shift) for s in surfaces], dtype=np.float32
    )
    x, y, per_radius, side, rise, shift = frame.T
    repeats = np.array([paint.repeats for paint in paints], dtype=np.float32)
    labels = np.array([surface.label for surface in surfaces], dtype=np.int32)
    ground = is_one_of(GROUND, labels)
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

    pigment = np.array(
        [s.pigment if paint.pigmented else (1.0, 1.0, 1.0) for s, paint in zip(surfaces, paints)],
        dtype=np.float32,
    )
    light = np.array([(1.0, 1.0, 1.0) if paint.glows else style.light for paint in paints], dtype=np.float32)
    haze = np.array([[surface.haze] for surface in surfaces], dtype=np.float32)
    return lit([paint.dark for paint in paints]), lit([paint.light for paint in paints])
