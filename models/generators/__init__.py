"""The generators by name; each makes an image in [-1, 1] from a condition.

To add one: a file here, a line in this table, its options in options/schema.
"""

from models.generators.base import Generator
from models.generators.local_enhancer import LocalEnhancer
from models.generators.pix2pixhd import Pix2pixHDGenerator
from models.generators.spade import SpadeGenerator
from models.generators.unet import UnetGenerator

GENERATORS: dict[str, type[Generator]] = {
    "spade": SpadeGenerator,
    "pix2pixhd": Pix2pixHDGenerator,
    "local_enhancer": LocalEnhancer,
    "unet": UnetGenerator,
}

__all__ = [
    "GENERATORS",
    "Generator",
    "LocalEnhancer",
    "Pix2pixHDGenerator",
    "SpadeGenerator",
    "UnetGenerator",
]
