"""Every option with its type, default and unit: dataclasses that Hydra checks the command line against.

A group (dataset, norm, generator, ...) offers several words; each word has a dataclass of its own in
`GROUPS`, so an option that its choice would not read does not exist. Where a choice's YAML in configs/
says nothing, the defaults here hold.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from omegaconf import MISSING


class Resize(Enum):
    """How a photo and its label map reach the size they are cropped from."""

    fixed = "fixed"
    short_side = "short_side"
    width = "width"
    none = "none"


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


class Adversarial(Enum):
    """The adversarial loss."""

    hinge = "hinge"
    least_squares = "least_squares"
    original = "original"
    wasserstein = "wasserstein"


class Perceptual(Enum):
    """The network of the perceptual loss."""

    efficientnet_lite0 = "efficientnet_lite0"
    vgg19 = "vgg19"
    none = "none"


class Device(Enum):
    """Where the run computes."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class Precision(Enum):
    """Of the products in the networks; weights are float32 always."""

    float32 = "float32"
    bf16 = "bf16"


class Pairing(Enum):
    """How photos find their label maps in `dataset=folder`."""

    name = "name"
    sorted = "sorted"


# --- dataset -----------------------------------------------------------------------------------------


@dataclass
class DatasetOptions:
    """What all data sets share. Sizes in pixels."""

    name: str = MISSING
    height: int = MISSING
    width: int = MISSING
    resize: Resize = Resize.fixed
    resize_to: int | None = None  # short side, width, or square that is cropped from; null: no margin
    flip: bool = True  # mirror half of the training pairs


@dataclass
class ScenesOptions(DatasetOptions):
    """The built-in scenes; drawn, not stored."""

    name: str = "scenes"
    height: int = 64
    width: int = 64
    instances: bool = True  # show the networks where instances border each other
    seed: int = 0  # another seed, other scenes
    resize: Resize = Resize.none


@dataclass
class CamVidOptions(DatasetOptions):
    """CamVid, as SegNet arranges it."""

    name: str = "camvid"
    root: str = MISSING
    height: int = 96
    width: int = 128


@dataclass
class FolderOptions(DatasetOptions):
    """Your own pairs: ROOT/SPLIT/labels, ROOT/SPLIT/photos and, where there are any, ROOT/SPLIT/instances."""

    name: str = "folder"
    root: str = MISSING
    height: int = 256
    width: int = 256
    num_classes: int = MISSING  # ids 0 .. num_classes-1
    unknown_id: int | None = 255  # stored id that becomes one more class; null: there is none
    instances: bool = False
    pairing: Pairing = Pairing.name


# --- generator, norm, encoder --------------------------------------------------------------------------


@dataclass
class SpadeGeneratorOptions:
    """Park et al. 2019, figure 4."""

    name: str = "spade"
    width: int = 32  # channels at full size; 64 in the paper
    upsampling: Upsampling = Upsampling.normal
    spectral: bool = True


@dataclass
class NormOptions:
    """What all norms share."""

    name: str = MISSING
    statistics: Statistics = Statistics.default


@dataclass
class SpadeNormOptions(NormOptions):
    """Park et al. 2019, eq. 1."""

    name: str = "spade"
    kernel_size: int = 3
    hidden: int = 128
    implementation: Implementation = Implementation.auto  # the same result, computed in another way


@dataclass
class NoEncoderOptions:
    """Images depend on the label map alone."""

    name: str = "none"


@dataclass
class ImageEncoderOptions:
    """SPADE's VAE: the style is a normal distribution."""

    name: str = "image"
    width: int = 32
    style_width: int = 256


# --- discriminator, loss, optimizer --------------------------------------------------------------------


@dataclass
class MultiscaleOptions:
    """Wang et al. 2018, section 3.2."""

    name: str = "multiscale"
    width: int = 32  # channels of the first layer; 64 in the paper
    layers: int = 4
    scales: int = 2


@dataclass
class LossOptions:
    """Weights of the terms; 0 leaves a term out."""

    adversarial: Adversarial = Adversarial.hinge
    feature_matching: float = 10.0
    perceptual: Perceptual = Perceptual.efficientnet_lite0
    perceptual_weight: float = 10.0
    kl: float = 0.05
    l1: float = 0.0


@dataclass
class OptimizerOptions:
    """Adam with two time scales (Heusel et al. 2017)."""

    generator_lr: float = 1e-4
    discriminator_lr: float = 4e-4
    beta1: float = 0.0
    beta2: float = 0.9
    constant_share: float = 0.5  # of the run, before the linear decay to zero
    reuse_fake: bool = False  # show the discriminator the image from before the generator's update


@dataclass
class EmaOptions:
    """The average of the generator's weights that is saved for generation."""

    half_life_images: float = 10000.0
    ramp: float = 0.05  # early on, the half-life is this share of the images seen


@dataclass
class HardwareOptions:
    """Where and how the run computes."""

    device: Device = Device.auto
    precision: Precision = Precision.float32
    channels_last: bool = True
    workers: int = 1  # processes that load data, for each training process


@dataclass
class LengthOptions:
    """How long to train: one of `images` and `minutes`. Every interval is counted in images."""

    images: int | None = None
    minutes: float | None = None
    batch: int = 4  # of all processes together
    log_every_images: int = 200
    sample_every_images: int = 2000
    save_every_images: int = 4000
    keep: int = 3  # checkpoints


@dataclass
class TrainOptions:
    """`python train.py`."""

    name: str = MISSING  # of the run: checkpoints/NAME
    resume: bool = False
    seed: int = 0
    dataset: Any = MISSING
    generator: Any = MISSING
    norm: Any = MISSING
    encoder: Any = MISSING
    discriminator: Any = MISSING
    loss: LossOptions = field(default_factory=LossOptions)
    optimizer: OptimizerOptions = field(default_factory=OptimizerOptions)
    ema: EmaOptions = field(default_factory=EmaOptions)
    hardware: HardwareOptions = field(default_factory=HardwareOptions)
    train: LengthOptions = field(default_factory=LengthOptions)


# --- test.py -------------------------------------------------------------------------------------------


@dataclass
class TestDatasetOptions:
    """What may differ from the run's own data set."""

    root: str | None = None


@dataclass
class TestOptions:
    """`python test.py`."""

    name: str = MISSING  # a run under checkpoints/, or the path of a run folder
    out: str = "results"
    split: str = "val"
    dataset: TestDatasetOptions = field(default_factory=TestDatasetOptions)
    labels: str | None = None  # a folder of your own label maps, instead of the data set's
    instances: str | None = None
    photos: str | None = None
    images: int | None = None  # how many to make; null: all
    train_images: int = 1000  # training photos that set the scale of the numbers
    batch: int = 8
    seed: int = 0
    gallery: int = 200  # pictures on the page; all are written
    hardware: HardwareOptions = field(default_factory=HardwareOptions)


GROUPS: dict[str, dict[str, type]] = {
    "dataset": {"scenes": ScenesOptions, "camvid": CamVidOptions, "folder": FolderOptions},
    "generator": {"spade": SpadeGeneratorOptions},
    "norm": {"spade": SpadeNormOptions},
    "encoder": {"none": NoEncoderOptions, "image": ImageEncoderOptions},
    "discriminator": {"multiscale": MultiscaleOptions},
}
"""The words of each group, and what each may be told."""
