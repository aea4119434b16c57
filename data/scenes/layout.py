"""What stands where in one scene: flat polygons from back to front, with no colour and no resolution yet.

Lengths are in picture heights: y runs from 0 (top) to 1 (bottom), x from 0 to the aspect, width / height.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

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

Polygon = list[float]  # x0, y0, x1, y1, ...
WHITE = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Camera:
    """A camera looking level over flat ground from `height` metres; `centre` is the vanishing point's x."""

    horizon: float
    centre: float
    height: float

    def metre(self, y: float) -> float:
        """How long a metre is in the picture, for what stands on the ground at `y`."""
        return (y - self.horizon) / self.height

    def recede(self, x: float, y: float, metre: float, depth: float) -> tuple[float, float]:
        """Where a point lands that lies `depth` metres behind (x, y), at whose distance `metre` holds."""
        nearness = 1.0 / (1.0 + depth * metre)
        return self.centre + (x - self.centre) * nearness, self.horizon + (y - self.horizon) * nearness


@dataclass(frozen=True)
class Sun:
    """The sun, or the moon: its centre and radius."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Surface:
    """A piece of the picture with one label, one instance and one material.

    (`x`, `y`) and `radius` are the frame in which texture and light are laid; the light grows by `side` a
    radius to the right and by `rise` a radius upwards. `pigment` multiplies the material's colours;
    `haze` in [0, 1] is how much of the distance's colour covers it; `shift` moves the texture, in texels.
    """

    label: Label
    material: Material
    instance: int = 0
    x: float = 0.0
    y: float = 0.0
    radius: float = 1.0
    side: float = 0.0
    rise: float = 0.0
    pigment: tuple[float, float, float] = WHITE
    haze: float = 0.0
    shift: int = 0


@dataclass
class Layout:
    """A scene's geometry; it knows nothing of style, so that the label map cannot reveal one."""

    aspect: float
    camera: Camera
    sun: Sun | None
    surfaces: list[Surface] = field(default_factory=list)
    polygons: list[tuple[int, Polygon]] = field(default_factory=list)  # surface's number, outline
    shadows: list[Polygon] = field(default_factory=list)
    instances: int = 0

    def paint(self, surface: Surface, *polygons: Polygon) -> None:
        """Lays a surface of one or several polygons over all that is there."""
        number = len(self.surfaces)
        self.surfaces.append(surface)
        self.polygons.extend((number, polygon) for polygon in polygons)

    def labels(self) -> np.ndarray:
        """The label of each surface, int32 (surfaces,)."""
        return np.array([surface.label for surface in self.surfaces], dtype=np.int32)

    def next_instance(self) -> int:
        """A fresh instance id, from 1 on; 0 is for what cannot be counted."""
        self.instances += 1
        return self.instances

    def light_side(self, x: float) -> float:
        """Where the light comes from at `x`: -1 left, 1 right, 0 from above (no sun in the picture)."""
        if self.sun is None:
            return 0.0
        return max(-1.0, min(1.0, (self.sun.x - x) / 0.3))

    def haze(self, y: float) -> float:
        """How much haze lies before a thing that stands on the ground at `y`."""
        return 0.55 / (1.0 + 14.0 * max(0.0, y - self.camera.horizon))
