"""The camera against a pinhole's projection of points in metres, written out."""

import numpy as np

from data.scenes.layout import Camera

CAMERA = Camera(horizon=0.4, centre=0.55, height=5.0)


def _project(right: float, up: float, distance: float) -> tuple[float, float]:
    """A pinhole of focal length 1 picture height, 5 metres above the ground, that looks level."""
    return 0.55 + right / distance, 0.4 + (5.0 - up) / distance


def test_a_metre_shrinks_with_the_distance():
    for distance in (9.0, 20.0, 300.0):
        x, y = _project(2.0, 0.0, distance)
        beside, _ = _project(3.0, 0.0, distance)
        _, above = _project(2.0, 1.0, distance)
        np.testing.assert_allclose([beside - x, y - above], CAMERA.metre(y))


def test_points_recede_towards_the_vanishing_point():
    for right, up in ((-4.0, 0.0), (3.0, 2.5), (1.0, 7.0)):
        _, foot = _project(right, 0.0, 20.0)
        x, y = _project(right, up, 20.0)
        receded = CAMERA.recede(x, y, CAMERA.metre(foot), depth=13.0)
        np.testing.assert_allclose(receded, _project(right, up, 33.0))
