"""What an official release turns out to be: plain facts, under the words of our constructors."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SpadeArchitecture:
    """A SPADE or SEAN generator.

    `norm`: `spade` or `sean`; `classes`: K, the unknown class included; `style_width`: D of the style
    codes it wants, None where it wants none; `style_kernel_size`: of SEAN's convolutions on them;
    `stem_size`: height and width of the maps that a VAE's stem makes of a code, None where the stem sees the
    label map.
    """

    norm: str
    classes: int
    edges: bool
    width: int
    upsampling: str
    statistics: str
    kernel_size: int
    hidden: int
    spectral: bool
    style_width: int | None = None
    style_kernel_size: int | None = None
    stem_size: tuple[int, int] | None = None


@dataclass(frozen=True)
class Pix2pixHDArchitecture:
    """A pix2pixHD global generator, in the words of `Pix2pixHDGenerator`."""

    classes: int
    edges: bool
    width: int
    downsamplings: int
    blocks: int
    kernel_size: int
    first_kernel: int
    norm: str
    spectral: bool


@dataclass(frozen=True)
class ImageEncoderArchitecture:
    """A VAE's encoder, in the words of `ImageEncoder`."""

    width: int
    style_width: int
    norm: str
    spectral: bool


@dataclass(frozen=True)
class RegionEncoderArchitecture:
    """SEAN's style encoder, in the words of `RegionStyleEncoder`."""

    classes: int
    style_width: int


@dataclass(frozen=True)
class DiscriminatorArchitecture:
    """A multiscale patch discriminator, in the words of `MultiscaleDiscriminator`."""

    classes: int
    edges: bool
    width: int
    layers: int
    scales: int
    norm: str
    spectral: bool
