"""The classes of the built-in world, and the materials that its surfaces are made of."""

from __future__ import annotations

from enum import IntEnum

Label = IntEnum(
    "Label", "SKY SUN CLOUD MOUNTAIN SEA SAND GRASS ROAD TREE WALL ROOF WINDOW CAR BOAT PERSON", start=0
)
"""Class ids, as in data/sources/scenes.csv. At night SUN is the moon."""

Material = IntEnum(
    "Material",
    "AIR SUN CLOUD ROCK SUMMIT WATER SAND GRASS ASPHALT MARKING LEAVES NEEDLES TRUNK BRICK PLANKS TILES "
    "FRAME DARK_PANE LIT_PANE DOOR LACQUER GLASS TYRE TAIL_LAMP HEAD_LAMP HULL SAIL SKIN CLOTH",
    start=0,
)
"""What a surface is made of; a style says how each looks. A DARK_PANE is dark at night."""

# What lies flat: textured in perspective, and things cast their shadows on it.
GROUND = frozenset({Label.SEA, Label.SAND, Label.GRASS, Label.ROAD})

# What the sea mirrors at the horizon.
BACKDROP = frozenset({Label.SKY, Label.SUN, Label.CLOUD, Label.MOUNTAIN})
