"""The classes of the built-in world, and the materials that its surfaces are made of."""

from __future__ import annotations

from enum import IntEnum

Label = IntEnum(
    "Label", "SKY SUN CLOUD MOUNTAIN SEA SAND GRASS ROAD TREE WALL ROOF WINDOW CAR BOAT PERSON", start=0
)
"""Class ids, in the order of the label map. At night SUN is the moon."""

Material = IntEnum(
    "Material",
    "AIR SUN CLOUD ROCK SUMMIT WATER SAND GRASS ASPHALT MARKING LEAVES NEEDLES TRUNK BRICK PLANKS TILES "
    "FRAME DARK_PANE LIT_PANE DOOR LACQUER GLASS TYRE TAIL_LAMP HEAD_LAMP HULL SAIL SKIN CLOTH",
    start=0,
)
"""What a surface is made of; a style says how each looks. A DARK_PANE is dark at night."""

NAMES = tuple(label.name.lower() for label in Label)

# RGB 0-255, one a class, told apart at a glance and near to what people expect of each.
COLOURS: tuple[tuple[int, int, int], ...] = (
    (135, 190, 235),  # sky
    (255, 220, 60),  # sun
    (225, 232, 240),  # cloud
    (125, 110, 130),  # mountain
    (40, 100, 180),  # sea
    (230, 205, 140),  # sand
    (120, 185, 75),  # grass
    (80, 80, 85),  # road
    (35, 110, 55),  # tree
    (205, 140, 105),  # wall
    (165, 55, 45),  # roof
    (95, 225, 220),  # window
    (215, 30, 140),  # car
    (245, 130, 30),  # boat
    (140, 60, 215),  # person
)

# What lies flat: textured in perspective, and things cast their shadows on it.
GROUND = frozenset({Label.SEA, Label.SAND, Label.GRASS, Label.ROAD})

# What the sea mirrors at the horizon.
BACKDROP = frozenset({Label.SKY, Label.SUN, Label.CLOUD, Label.MOUNTAIN})
