"""A layout in a style at a size: label map, instances and photo from the same pixels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from data.scenes.layout import Layout, Polygon
from data.scenes.shade import shade
from data.scenes.styles import STYLES

SOFTNESS = 0.008  # of a shadow's edge, in picture heights


class Drawing(NamedTuple):
    """`photo` is RGB; `labels` and `instances` are int32 (height, width)."""

    photo: Image.Image
    labels: np.ndarray
    instances: np.ndarray


def draw(layout: Layout, style: str, height: int, width: int) -> Drawing:
    """Draws a layout in one of STYLES; the style changes the photo alone.

    The photo is drawn at twice the size and averaged; labels are one in four of the same pixels.
    """
    assert abs(layout.aspect * height - width) <= 1.0, "a layout is drawn in the aspect it was planned for"
    surface = rasterise(layout, 2 * height, 2 * width)  # (2 height, 2 width)
    shadow = rasterise_shadows(layout, 2 * height, 2 * width)
    colour = shade(layout, surface, shadow, STYLES[style])  # (3, 2 height, 2 width)
    rows = colour[:, ::2] + colour[:, 1::2]
    mean = 0.25 * (rows[..., ::2] + rows[..., 1::2])  # (3, height, width)
    pixels = np.clip(mean + 0.5, 0.0, 255.0).astype(np.uint8).transpose(1, 2, 0)
    photo = Image.fromarray(np.ascontiguousarray(pixels))
    front = surface[1::2, 1::2]
    instances = np.array([surface.instance for surface in layout.surfaces], dtype=np.int32)
    return Drawing(photo, layout.labels()[front], instances[front])


def rasterise(layout: Layout, height: int, width: int) -> np.ndarray:
    """The number of the front surface at each pixel, intp (height, width)."""
    return np.asarray(_filled("I", layout.polygons, height, width)).astype(np.intp)


def rasterise_shadows(layout: Layout, height: int, width: int) -> np.ndarray:
    """How much of the light a shadow takes at each pixel, 0 to 1 with soft edges: float32 (height, width)."""
    hard = _filled("L", [(255, polygon) for polygon in layout.shadows], height, width)
    soft = hard.filter(ImageFilter.BoxBlur(SOFTNESS * height))
    return np.asarray(soft).astype(np.float32) * np.float32(1.0 / 255.0)


def _filled(mode: str, polygons: list[tuple[int, Polygon]], height: int, width: int) -> Image.Image:
    """Polygons, each filled with its number; Pillow gives a corner to the pixel that holds it."""
    image = Image.new(mode, (width, height))
    pen = ImageDraw.Draw(image)
    for number, polygon in polygons:
        pen.polygon([height * value for value in polygon], fill=number)
    return image
