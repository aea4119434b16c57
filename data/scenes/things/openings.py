"""A house's windows and door."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from data.scenes.labels import Label
from data.scenes.layout import Layout, Surface
from data.scenes.materials import Material
from data.scenes.outline import box

STOREY = 2.6  # metres
WINDOWS_WITH_BARS = 0.012  # a metre's least length in the picture for a bar that can be seen


def add_openings(layout: Layout, rng: Random, wall: Surface, width: float, storeys: int) -> None:
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
