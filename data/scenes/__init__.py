"""A small world drawn on demand: label map, instances and photo from a number, at any resolution."""

from data.scenes.draw import Drawing, draw
from data.scenes.layout import Layout
from data.scenes.planning import plan_scene

__all__ = ["Drawing", "Layout", "draw", "plan_scene"]
