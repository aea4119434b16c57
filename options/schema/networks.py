"""Options of the networks: generator, norm, encoder, discriminator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from omegaconf import MISSING

from options.schema.fields import by_name, choice, named, option

DOUBLINGS = {"normal": 5, "more": 6, "most": 7}
"""How often the SPADE generator doubles its size."""
STATISTICS = ("default", "batch", "sync_batch", "instance", "layer")
IMPLEMENTATIONS = ("auto", "dense", "indexed")
PLAIN_NORMS = ("none", "instance", "instance_affine", "batch")


def _plain_norm(default: str) -> Any:
    return option(default, "norm of its layers, which sees no condition", choices=PLAIN_NORMS)


def _spectral() -> Any:
    return option(True, "spectral norm of the convolutions' weights (Miyato et al. 2018)")


def _initial_gain() -> Any:
    return option(1.0, "of its Xavier weights, whatever initialisation says; OASIS published 0.02", above=0)


def _implementation(of_what: str) -> Any:
    return option("auto", f"of {of_what}: the same in two ways; auto: the cheaper", choices=IMPLEMENTATIONS)


@dataclass
class GeneratorOptions:
    """What all generators share. `takes_norm`: it is built of conditional norms, those of norm=."""

    takes_norm: ClassVar[bool] = False

    name: str = MISSING
    width: int = option(32, "at full size; 64 in the papers", at_least=2, unit="channels")

    def size_multiple(self) -> tuple[int, str]:
        """What height and width must be multiples of, and the option that says so."""
        raise NotImplementedError

    def largest_scale(self) -> int:
        """How many times smaller than its label map an image is while a part is trained alone."""
        return 1


@dataclass
class SpadeGeneratorOptions(GeneratorOptions):
    """Park et al. 2019, figure 4; with norm=sean that of Zhu et al. 2020.

    OASIS's (Schönfeld et al. 2021): first_block=false noise=64.
    """

    takes_norm: ClassVar[bool] = True

    name: str = named("spade")
    upsampling: str = option("normal", "doubles the size 5, 6 or 7 times", choices=DOUBLINGS)
    spectral: bool = _spectral()
    concat_labels: bool = option(False, "the label map is an input of every convolution")
    first_block: bool = option(True, "the first residual block, at the smallest size; false: as in OASIS")
    noise: int = option(0, "random numbers an image, joined with the label map; 64 in OASIS", at_least=0)

    def size_multiple(self) -> tuple[int, str]:
        return 2 ** DOUBLINGS[self.upsampling], f"generator.upsampling={self.upsampling}"


@dataclass
class ResidualGeneratorOptions(GeneratorOptions):
    """What pix2pixHD's two generators share."""

    downsamplings: int = option(4, "halvings before the residual blocks", at_least=0)
    blocks: int = option(9, "residual blocks", at_least=0)
    norm: str = _plain_norm("instance")
    spectral: bool = _spectral()

    def size_multiple(self) -> tuple[int, str]:
        return 2**self.downsamplings, f"generator.downsamplings={self.downsamplings}"


@dataclass
class Pix2pixHDOptions(ResidualGeneratorOptions):
    """pix2pixHD's global generator (Wang et al. 2018); it has norms of its own."""

    name: str = named("pix2pixhd")
    kernel_size: int = option(3, "of the convolutions in the residual blocks", at_least=1, unit="pixels")
    first_kernel: int = option(7, "of the first and the last convolution", at_least=1, unit="pixels")


@dataclass
class LocalEnhancerOptions(ResidualGeneratorOptions):
    """pix2pixHD's global generator at half size with its local enhancer, trained coarse to fine."""

    name: str = named("local_enhancer")
    width: int = option(32, "of the global generator; the enhancer has half", at_least=2, unit="channels")
    enhancer_blocks: int = option(3, "residual blocks of the enhancer", at_least=0)
    global_images: int = option(0, "first, train the global generator alone", at_least=0, unit="images")
    enhancer_images: int = option(0, "then the enhancer alone on so many, then both", at_least=0)

    def size_multiple(self) -> tuple[int, str]:
        multiple, reason = super().size_multiple()
        return 2 * multiple, reason

    def largest_scale(self) -> int:
        return 2 if self.global_images else 1


@dataclass
class UnetOptions(GeneratorOptions):
    """pix2pix's U-Net (Isola et al. 2017); it has norms of its own."""

    name: str = named("unet")
    width: int = 64
    depth: int = option(8, "halvings of the size", at_least=2)
    norm: str = _plain_norm("batch")
    dropout: float = option(0.5, "of features, in training and in generation", at_least=0, below=1)

    def size_multiple(self) -> tuple[int, str]:
        return 2**self.depth, f"generator.depth={self.depth}"


@dataclass
class NormOptions:
    """What all norms share."""

    name: str = MISSING
    statistics: str = option("default", "the axes it standardises over; default: its own", choices=STATISTICS)


NoNormOptions = choice("none", "For generators with norms of their own.")
CinOptions = choice("cin", "Dumoulin et al. 2017: scale and shift for each style id.", NormOptions)


@dataclass
class SpadeNormOptions(NormOptions):
    """Park et al. 2019, eq. 1: scale and shift for each pixel, from the label map."""

    name: str = named("spade")
    kernel_size: int = option(3, "of the convolutions on the label map", at_least=1, unit="pixels")
    hidden: int = option(128, "between the label map and scale and shift", at_least=1, unit="channels")
    implementation: str = _implementation("the convolutions on the label map")


@dataclass
class SeanOptions(SpadeNormOptions):
    """Zhu et al. 2020, section 3: SPADE blended with scale and shift from the style of each region."""

    name: str = named("sean")
    style_kernel_size: int = option(3, "of the convolutions on the style map", at_least=1, unit="pixels")


NoEncoderOptions = choice("none", "Images depend on the label map alone.")


@dataclass
class ImageEncoderOptions:
    """SPADE's VAE: one style code an image, normally distributed."""

    name: str = named("image")
    width: int = option(32, "of the first layer; 64 in the paper", at_least=1, unit="channels")
    style_width: int = option(256, "numbers in a style code", at_least=1)
    norm: str = _plain_norm("instance")
    spectral: bool = _spectral()


@dataclass
class PriorOptions:
    """No encoder, but style codes: each is drawn, none is taken from a photo."""

    name: str = named("prior")
    style_width: int = option(256, "numbers in a style code", at_least=1)


@dataclass
class RegionStyleOptions:
    """SEAN's: one style code a region."""

    name: str = named("region_style")
    style_width: int = option(64, "numbers in a style code; 512 in the paper", at_least=1)


@dataclass
class MultiscaleOptions:
    """Wang et al. 2018, section 3.2; pix2pix's is scales=1 norm=instance_affine spectral=false."""

    name: str = named("multiscale")
    width: int = option(32, "of the first layer; 64 in the paper", at_least=1, unit="channels")
    layers: int = option(4, "convolutions before the one that gives the logits", at_least=1)
    scales: int = option(2, "discriminators, each of images half the size of the one before", at_least=1)
    norm: str = _plain_norm("instance")
    spectral: bool = _spectral()
    implementation: str = _implementation("the label map's part of the first layers")


@dataclass
class OasisOptions:
    """Schönfeld et al. 2021: a U-Net that classifies each pixel as its class or as fake."""

    name: str = named("oasis")
    width: int = option(32, "at full size; 64 in the paper", at_least=1, unit="channels")
    levels: int | None = option(
        None, "halvings, 6 in the paper; null: the most, up to 6, that divide the size", at_least=1, at_most=6
    )
    spectral: bool = _spectral()
    initial_gain: float = _initial_gain()


@dataclass
class FrozenEncoderOptions:
    """What discriminators on a frozen network share."""

    encoder: str = option(
        "efficientnet_lite0", "frozen network: this, efficientnet_lite2, vgg19 or one of timm"
    )
    encoder_weights: str | None = option(None, "file of a timm network's weights; null: from timm's hub")


@dataclass
class FrozenFeaturesOptions(FrozenEncoderOptions):
    """After Berrada et al. 2024: classifies each pixel by the features of a frozen, pretrained network."""

    name: str = named("frozen_features")
    width: int = option(32, "of the decoder at full size", at_least=1, unit="channels")
    spectral: bool = _spectral()
    initial_gain: float = _initial_gain()


@dataclass
class ProjectedOptions(FrozenEncoderOptions):
    """Sauer et al. 2021: patch heads on randomly mixed features of a frozen, pretrained network."""

    name: str = named("projected")
    width: int = option(64, "of the shallowest mixed map and of the heads", at_least=1, unit="channels")
    initial_gain: float = _initial_gain()


GENERATORS = by_name(SpadeGeneratorOptions, Pix2pixHDOptions, LocalEnhancerOptions, UnetOptions)
NORMS = by_name(
    NoNormOptions,
    choice("batch", "Ioffe & Szegedy 2015.", NormOptions),
    choice("layer", "Ba et al. 2016.", NormOptions),
    choice("instance", "Ulyanov et al. 2016.", NormOptions),
    CinOptions,
    choice("adain", "Huang & Belongie 2017: scale and shift from a style code.", NormOptions),
    SpadeNormOptions,
    SeanOptions,
    choice("clade", "Tan et al. 2021: scale and shift for each class.", NormOptions),
)
ENCODERS = by_name(
    choice("auto", "The encoder that the norm needs, or none."),
    NoEncoderOptions,
    ImageEncoderOptions,
    PriorOptions,
    RegionStyleOptions,
)
DISCRIMINATORS = by_name(MultiscaleOptions, OasisOptions, FrozenFeaturesOptions, ProjectedOptions)
