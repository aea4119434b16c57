"""The generators by their word; each makes an image in [-1, 1] from a condition.

To add one: a file here, a line in this table, a YAML in configs/generator.
"""

from torch import nn

from models.generators.local_enhancer import LocalEnhancer
from models.generators.pix2pixhd import Pix2pixHDGenerator
from models.generators.spade import SpadeGenerator
from models.generators.unet import UnetGenerator

GENERATORS: dict[str, type[nn.Module]] = {
    "spade": SpadeGenerator,
    "pix2pixhd": Pix2pixHDGenerator,
    "local_enhancer": LocalEnhancer,
    "unet": UnetGenerator,
}

__all__ = ["GENERATORS", "LocalEnhancer", "Pix2pixHDGenerator", "SpadeGenerator", "UnetGenerator"]
