"""Polygons to pixels: which surface each pixel shows, and where shadows lie."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from data.scenes.layout import Layout, Polygon

SOFTNESS = 0.008  # of a shadow's edge, in picture heights


def _on_grid(polygon: Polygon, scale: float) -> Polygon:
    """Picture heights to pixels; Pillow cuts fractions off: a corner goes to the pixel that holds it."""
    return [scale * value for value in polygon]


def rasterise(layout: Layout, height: int, width: int) -> np.ndarray:
    """The number of the front surface at each pixel, intp (height, width)."""
    image = Image.new("I", (width, height))
    pen = ImageDraw.Draw(image)
    for number, polygon in layout.polygons:
        pen.polygon(_on_grid(polygon, height), fill=number)
    return np.asarray(image).astype(np.intp)


def rasterise_shadows(layout: Layout, height: int, width: int) -> np.ndarray:
    """How much of the light a shadow takes at each pixel, 0 to 1 with soft edges: float32 (height, width)."""
    image = Image.new("L", (width, height))
    pen = ImageDraw.Draw(image)
    for polygon in layout.shadows:
        pen.polygon(_on_grid(polygon, height), fill=255)
    soft = image.filter(ImageFilter.BoxBlur(SOFTNESS * height))
    return np.asarray(soft).astype(np.float32) * np.float32(1.0 / 255.0)


def label_table(layout: Layout) -> np.ndarray:
    """The label of each surface, int32 (surfaces,)."""
    return np.array([surface.label for surface in layout.surfaces], dtype=np.int32)


def instance_table(layout: Layout) -> np.ndarray:
    """The instance of each surface, int32 (surfaces,)."""
    return np.array([surface.instance for surface in layout.surfaces], dtype=np.int32)
