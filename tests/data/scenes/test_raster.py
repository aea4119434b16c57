"""Filled polygons against a test of each pixel's middle, written out."""

from itertools import product

import numpy as np
import pytest

from data.scenes.draw import draw, rasterise, rasterise_shadows
from data.scenes.layout import Camera, Label, Layout, Material, Surface

STAR = [
    *(0.5, 0.05, 0.62, 0.4, 0.95, 0.42, 0.7, 0.62, 0.8, 0.95),
    *(0.5, 0.75, 0.2, 0.95, 0.3, 0.62, 0.05, 0.42, 0.38, 0.4),
]


def _contains(polygon: list[float], x: float, y: float) -> bool:
    """Even-odd rule: a ray to the right crosses the outline an odd number of times."""
    corners = list(zip(polygon[::2], polygon[1::2]))
    inside = False
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1]):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            inside = not inside
    return inside


def _layout() -> Layout:
    layout = Layout(1.25, Camera(0.5, 0.5, 5.0), sun=None)
    layout.paint(Surface(Label.GRASS, Material.GRASS), [-1.0, -1.0, 3.0, -1.0, 3.0, 2.0, -1.0, 2.0])
    layout.paint(Surface(Label.BOAT, Material.HULL, instance=7), STAR)
    layout.shadows.append(STAR)
    return layout


@pytest.mark.parametrize("height", [47, 77, 101])
def test_pixels_show_the_front_surface(height):
    width = round(1.25 * height)
    surface = rasterise(_layout(), height, width)
    middles = [[((c + 0.5) / height, (r + 0.5) / height) for c in range(width)] for r in range(height)]
    slow = np.array([[_contains(STAR, x, y) for x, y in row] for row in middles])
    # Pillow fills the pixels under the outline as well; elsewhere there is no difference.
    grown = np.zeros_like(slow)
    for down, across in product((-1, 0, 1), repeat=2):
        grown |= np.roll(slow, (down, across), (0, 1))
    assert surface.shape == (height, width)
    assert (surface[slow] == 1).mean() > 0.98
    assert (surface[~grown] == 1).sum() <= 4  # the tips
    # It grows to all sides alike: a shift would part the scenes drawn at two resolutions.
    for drawn, exact in zip(np.nonzero(surface == 1), np.nonzero(slow)):
        assert abs(drawn.mean() - exact.mean()) < 0.25


def test_tables_name_each_surface():
    layout = _layout()
    assert layout.labels().tolist() == [Label.GRASS, Label.BOAT]
    drawing = draw(layout, "day", 32, 40)
    assert np.unique(drawing.instances[drawing.labels == Label.BOAT]).tolist() == [7]
    assert np.unique(drawing.instances[drawing.labels == Label.GRASS]).tolist() == [0]


def test_shadows_are_whole_inside_and_soft_at_the_edge():
    shadow = rasterise_shadows(_layout(), 160, 200)
    assert shadow[88, 80] == 1.0
    assert shadow[5, 5] == 0.0
    assert ((shadow > 0.2) & (shadow < 0.8)).sum() > 50
