"""The stuff that surfaces are made of; a style says how each looks."""

from __future__ import annotations

from enum import IntEnum, auto


class Material(IntEnum):
    """What a surface is made of."""

    AIR = 0
    SUN = auto()
    CLOUD = auto()
    ROCK = auto()
    SUMMIT = auto()
    WATER = auto()
    SAND = auto()
    GRASS = auto()
    ASPHALT = auto()
    MARKING = auto()
    LEAVES = auto()
    NEEDLES = auto()
    TRUNK = auto()
    BRICK = auto()
    PLANKS = auto()
    TILES = auto()
    FRAME = auto()
    DARK_PANE = auto()  # nobody at home: dark at night
    LIT_PANE = auto()
    DOOR = auto()
    LACQUER = auto()
    GLASS = auto()
    TYRE = auto()
    TAIL_LAMP = auto()
    HEAD_LAMP = auto()
    HULL = auto()
    SAIL = auto()
    SKIN = auto()
    CLOTH = auto()
