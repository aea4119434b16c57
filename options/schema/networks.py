"""Options of the networks: generator, norm, encoder, discriminator."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from omegaconf import MISSING


class Statistics(Enum):
    """Axes over which a norm standardises; `default` leaves it to the norm."""

    default = "default"
    batch = "batch"
    sync_batch = "sync_batch"
    instance = "instance"
    layer = "layer"


class Implementation(Enum):
    """How a label-conditioned norm is computed; `auto` takes the cheaper one."""

    auto = "auto"
    dense = "dense"
    indexed = "indexed"


class Upsampling(Enum):
    """How often the SPADE generator doubles its size: 5, 6 or 7 times."""

    normal = "normal"
    more = "more"
    most = "most"


class PlainNorm(Enum):
    """Norms that see no condition, inside networks that choose their own."""

    none = "none"
    instance = "instance"
    instance_affine = "instance_affine"
    batch = "batch"


@dataclass
class SpadeGeneratorOptions:
    """Park et al. 2019, figure 4; with norm=sean the generator of Zhu et al. 2020."""

    name: str = "spade"
    width: int = 32  # channels at full size; 64 in the papers
    upsampling: Upsampling = Upsampling.normal
    spectral: bool = True
    concat_labels: bool = False  # the label map beside the input of every convolution


@dataclass
class Pix2pixHDOptions:
    """pix2pixHD's global generator (Wang et al. 2018). It has norms of its own: norm=none."""

    name: str = "pix2pixhd"
    width: int = 32  # channels at full size; 64 in the paper
    downsamplings: int = 4
    blocks: int = 9
    kernel_size: int = 3  # of the blocks
    first_kernel: int = 7
    norm: PlainNorm = PlainNorm.instance
    spectral: bool = True


@dataclass
class LocalEnhancerOptions:
    """pix2pixHD's global generator at half size with its local enhancer, trained coarse to fine."""

    name: str = "local_enhancer"
    width: int = 32  # of the global generator; the enhancer has half
    downsamplings: int = 4
    blocks: int = 9
    enhancer_blocks: int = 3
    norm: PlainNorm = PlainNorm.instance
    spectral: bool = True
    global_images: int = 0  # the global generator is trained alone on the first so many
    enhancer_images: int = 0  # then the enhancer alone, then both


@dataclass
class UnetOptions:
    """pix2pix's U-Net (Isola et al. 2017). It has norms of its own: norm=none."""

    name: str = "unet"
    width: int = 64
    depth: int = 8  # halvings; height and width are multiples of 2^depth
    norm: PlainNorm = PlainNorm.batch
    dropout: float = 0.5


@dataclass
class NoNormOptions:
    """For generators with norms of their own."""

    name: str = "none"


@dataclass
class NormOptions:
    """What all norms share: the axes they standardise over."""

    name: str = MISSING
    statistics: Statistics = Statistics.default


@dataclass
class BatchNormOptions(NormOptions):
    """Ioffe & Szegedy 2015."""

    name: str = "batch"


@dataclass
class LayerNormOptions(NormOptions):
    """Ba et al. 2016."""

    name: str = "layer"


@dataclass
class InstanceNormOptions(NormOptions):
    """Ulyanov et al. 2016."""

    name: str = "instance"


@dataclass
class CinOptions(NormOptions):
    """Dumoulin et al. 2017: a pair for each style of the data set."""

    name: str = "cin"


@dataclass
class AdainOptions(NormOptions):
    """Huang & Belongie 2017: the pair from a style code."""

    name: str = "adain"


@dataclass
class SpadeNormOptions(NormOptions):
    """Park et al. 2019, eq. 1."""

    name: str = "spade"
    kernel_size: int = 3
    hidden: int = 128
    implementation: Implementation = Implementation.auto  # the same result, computed in another way


@dataclass
class SeanOptions(SpadeNormOptions):
    """Zhu et al. 2020, section 3."""

    name: str = "sean"
    style_kernel_size: int = 3  # of the convolutions on the style map; `kernel_size` is SPADE's


@dataclass
class CladeOptions(NormOptions):
    """Tan et al. 2021."""

    name: str = "clade"


@dataclass
class AutoEncoderOptions:
    """The encoder that the norm needs, or none."""

    name: str = "auto"


@dataclass
class NoEncoderOptions:
    """Images depend on the label map alone."""

    name: str = "none"


@dataclass
class ImageEncoderOptions:
    """SPADE's VAE: one style code an image, normally distributed."""

    name: str = "image"
    width: int = 32  # 64 in the paper
    style_width: int = 256
    norm: PlainNorm = PlainNorm.instance
    spectral: bool = True


@dataclass
class PriorOptions:
    """No encoder, but styles: each is drawn, and none is taken from a photo."""

    name: str = "prior"
    style_width: int = 256


@dataclass
class RegionStyleOptions:
    """SEAN's: one style code a region."""

    name: str = "region_style"
    style_width: int = 64  # 512 in the paper


@dataclass
class MultiscaleOptions:
    """Wang et al. 2018, section 3.2; pix2pix's is scales=1 norm=instance_affine spectral=false."""

    name: str = "multiscale"
    width: int = 32  # channels of the first layer; 64 in the paper
    layers: int = 4
    scales: int = 2
    norm: PlainNorm = PlainNorm.instance
    spectral: bool = True
    implementation: Implementation = Implementation.auto  # of the label map's share of its first layers


GENERATORS: dict[str, type] = {
    "spade": SpadeGeneratorOptions,
    "pix2pixhd": Pix2pixHDOptions,
    "local_enhancer": LocalEnhancerOptions,
    "unet": UnetOptions,
}
NORMS: dict[str, type] = {
    "none": NoNormOptions,
    "batch": BatchNormOptions,
    "layer": LayerNormOptions,
    "instance": InstanceNormOptions,
    "cin": CinOptions,
    "adain": AdainOptions,
    "spade": SpadeNormOptions,
    "sean": SeanOptions,
    "clade": CladeOptions,
}
ENCODERS: dict[str, type] = {
    "auto": AutoEncoderOptions,
    "none": NoEncoderOptions,
    "image": ImageEncoderOptions,
    "prior": PriorOptions,
    "region_style": RegionStyleOptions,
}
DISCRIMINATORS: dict[str, type] = {"multiscale": MultiscaleOptions}
