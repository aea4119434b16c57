"""Options of `python train.py`: what a run is made of, and how it is trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from omegaconf import MISSING


class Adversarial(Enum):
    """The adversarial loss."""

    hinge = "hinge"
    least_squares = "least_squares"
    non_saturating = "non_saturating"
    wasserstein = "wasserstein"


class Perceptual(Enum):
    """The network of the perceptual loss."""

    efficientnet_lite0 = "efficientnet_lite0"
    vgg19 = "vgg19"
    none = "none"


class Initialisation(Enum):
    """How the networks' weights are drawn at first."""

    xavier = "xavier"  # gain 0.02, as SPADE
    normal = "normal"  # deviation 0.02, as pix2pix and pix2pixHD


class Augmentation(Enum):
    """Changes of what the discriminator sees (Zhao et al. 2020)."""

    color = "color"
    translation = "translation"
    cutout = "cutout"


class Device(Enum):
    """Where the run computes."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class Precision(Enum):
    """Of the products in the networks; weights are float32 always.

    `auto`: bf16 on x86 processors and GPUs that multiply it, float32 on others; settled when a run begins.
    """

    auto = "auto"
    float32 = "float32"
    bf16 = "bf16"


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
    lr_decay_start: float = 0.5  # of the run, before the linear decay to zero
    reuse_fake: bool = False  # show the discriminator the image from before the generator's update


@dataclass
class EmaOptions:
    """The average of the generator's weights that is saved for generation."""

    half_life_images: float = 10000.0  # 0: no average, the weights as they are
    ramp: float = 0.05  # early on, the half-life is this share of the images seen


@dataclass
class HardwareOptions:
    """Where and how the run computes."""

    device: Device = Device.auto
    precision: Precision = Precision.float32
    channels_last: bool = True
    num_workers: int = 1  # processes that load data, for each training process
    threads: int | None = None  # of each process; null: as torch chooses, or as a resumed run had them


@dataclass
class LengthOptions:
    """How long to train: one of `images`, `epochs` and `minutes`. Every interval is counted in images."""

    images: int | None = None
    epochs: float | None = None  # times that every training pair is seen
    minutes: float | None = None
    batch_size: int = 4  # of all processes together
    grad_accum_steps: int = 1  # parts that a batch is computed in, one after another, to save memory
    max_nonfinite_steps: int = 20  # steps in a row that may be left out since a number was not finite
    hang_minutes: float = 30.0  # without a step: the stacks are shown and the process ends
    log_every_images: int = 200
    sample_every_images: int = 2000
    save_every_images: int = 4000
    keep: int = 3  # checkpoints, and the one that the run's file `best` names
    keep_every_images: int | None = None  # and the first after every so many images, for good


@dataclass
class EvaluateOptions:
    """Figures while the run trains, on the first pairs of the val split; the best checkpoint is kept."""

    every_images: int | None = None  # null or 0: never
    images: int = 100
    batch_size: int = 8
    max_time_fraction: float = 0.1  # of the training time; evaluations beyond it are left out


@dataclass
class TrainOptions:
    """`python train.py`."""

    name: str = MISSING  # of the run: checkpoints/NAME
    resume: bool | str = False  # or exact: from the newest checkpoint only, should it be damaged
    seed: int = 0
    initialisation: Initialisation = Initialisation.xavier
    dataset: Any = MISSING
    generator: Any = MISSING
    norm: Any = MISSING
    encoder: Any = MISSING
    discriminator: Any = MISSING
    diffaugment: list[Augmentation] = field(default_factory=list)  # how the discriminator sees images changed
    loss: LossOptions = field(default_factory=LossOptions)
    optimizer: OptimizerOptions = field(default_factory=OptimizerOptions)
    ema: EmaOptions = field(default_factory=EmaOptions)
    hardware: HardwareOptions = field(default_factory=HardwareOptions)
    train: LengthOptions = field(default_factory=LengthOptions)
    evaluate: EvaluateOptions = field(default_factory=EvaluateOptions)
