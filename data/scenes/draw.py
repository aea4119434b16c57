"""A layout in a style at a size: label map, instances and photo from the same pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from data.scenes.layout import Layout
from data.scenes.raster import instance_table, label_table, rasterise, rasterise_shadows
from data.scenes.shade import shade
from data.scenes.styles import STYLES


@dataclass(frozen=True)
class Drawing:
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
    front = surface[1::2, 1::2]
    return Drawing(
        Image.fromarray(np.ascontiguousarray(pixels)),
        label_table(layout)[front],
        instance_table(layout)[front],
    )
