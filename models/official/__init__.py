"""Official releases of SPADE, SEAN and pix2pixHD: the only place that knows the names inside them."""

from models.official.architecture import (
    DiscriminatorArchitecture,
    ImageEncoderArchitecture,
    Pix2pixHDArchitecture,
    RegionEncoderArchitecture,
    SpadeArchitecture,
)
from models.official.release import OfficialRelease, read_release

__all__ = [
    "DiscriminatorArchitecture",
    "ImageEncoderArchitecture",
    "OfficialRelease",
    "Pix2pixHDArchitecture",
    "RegionEncoderArchitecture",
    "SpadeArchitecture",
    "read_release",
]
