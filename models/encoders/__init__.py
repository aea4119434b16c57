"""The encoders by name; each gives the style code of a photo.

To add one: a file here, a line in this table, its options in options/schema.
"""

from models.encoders.encoder import Encoder, Style
from models.encoders.image import ImageEncoder
from models.encoders.prior import Prior
from models.encoders.region_style import RegionStyleEncoder

ENCODERS: dict[str, type[Encoder]] = {
    "image": ImageEncoder,
    "prior": Prior,
    "region_style": RegionStyleEncoder,
}

__all__ = ["ENCODERS", "Encoder", "ImageEncoder", "Prior", "RegionStyleEncoder", "Style"]
