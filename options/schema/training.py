"""Options of `python train.py`: what a run is made of, and how it is trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from options.schema.fields import group, option

EXACT = "exact"
"""resume=exact: from the newest checkpoint and no other."""
MOST_THREADS = 256

OBJECTIVES = ("patch", "segmentation", "projected")
ADVERSARIAL_LOSSES = ("hinge", "least_squares", "non_saturating", "wasserstein")
PERCEPTUAL_NETWORKS = ("efficientnet_lite0", "vgg19", "none")
INITIALISATIONS = ("xavier", "normal")
AUGMENTATIONS = ("color", "translation", "cutout")
DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("auto", "float32", "bf16")


@dataclass
class LossOptions:
    """The terms that the networks minimise, with their weights; 0 drops a term."""

    objective: str | None = option(None, "GAN objective; null: the discriminator's own", choices=OBJECTIVES)
    adversarial: str = option("hinge", "the GAN loss, of weight 1", choices=ADVERSARIAL_LOSSES)
    feature_matching: float = option(10.0, "weight of feature matching in the discriminator", at_least=0)
    perceptual: str = option(
        "efficientnet_lite0", "network of the perceptual loss", choices=PERCEPTUAL_NETWORKS
    )
    perceptual_weight: float = option(10.0, "weight of the perceptual loss", at_least=0)
    r1: float = option(0.0, "weight of the gradient penalty on real images (R1)", at_least=0)
    r1_every_steps: int = option(
        16, "interval of that penalty, which then counts so many times", at_least=1, unit="steps"
    )
    balance: bool = option(True, "segmentation: every class counts alike, however rare its pixels")
    labelmix: float = option(10.0, "segmentation: weight of LabelMix", at_least=0)
    focal: float = option(0.0, "segmentation: exponent by which easy pixels count less", at_least=0)
    projected: float = option(0.0, "weight of projected heads beside another discriminator", at_least=0)
    blur: float = option(4.0, "of what projected heads see, at first", at_least=0, unit="pixels")
    blur_images: int = option(0, "that blur fades over so many; 0: none", at_least=0, unit="images")
    kl: float = option(0.05, "weight of the KL divergence of encoder=image", at_least=0)
    l1: float = option(0.0, "weight of the absolute difference from the photo", at_least=0)


@dataclass
class OptimizerOptions:
    """Adam with two time scales (Heusel et al. 2017)."""

    generator_lr: float = option(1e-4, "learning rate of generator and encoder", above=0)
    discriminator_lr: float = option(4e-4, "learning rate of the discriminator", above=0)
    beta1: float = option(0.0, "decay of Adam's average of gradients", at_least=0, below=1)
    beta2: float = option(0.9, "decay of Adam's average of squared gradients", at_least=0, below=1)
    lr_decay_start: float = option(0.5, "fraction of the run before rates fall to 0", at_least=0, at_most=1)
    reuse_fake: bool = option(False, "discriminate the image from before the generator's update: faster")


@dataclass
class EmaOptions:
    """The average of the generator's weights that is saved for generation."""

    half_life_images: float = option(10000.0, "half-life; 0: no average", at_least=0, unit="images")
    ramp: float = option(0.05, "early on the half-life is this fraction of the images so far", at_least=0)


@dataclass
class HardwareOptions:
    """Where and how the program computes.

    precision=auto is bf16 on x86 processors and GPUs that multiply it, and float32 on others; a run keeps
    what it was when the run began.
    """

    device: str = option("auto", "auto: a GPU where there is one", choices=DEVICES)
    precision: str = option("auto", "of products; auto: bf16 where it is fast", choices=PRECISIONS)
    channels_last: bool = option(True, "memory layout of images and weights")
    num_workers: int = option(1, "processes that load data, for each that computes", at_least=0)
    threads: int | None = option(
        None, "of each process; null: torch's choice, or the resumed run's", at_least=1, at_most=MOST_THREADS
    )


@dataclass
class EvaluationHardwareOptions(HardwareOptions):
    """Where and how the program computes: in float32, so that results do not depend on the machine."""

    precision: str = "float32"


@dataclass
class LengthOptions:
    """How long to train: one of images, epochs and minutes. Intervals are in images of all processes."""

    images: int | None = option(None, "length of the run", at_least=1, unit="images")
    epochs: float | None = option(None, "length of the run, in passes over the training pairs", above=0)
    minutes: float | None = option(None, "length of the run", above=0, unit="minutes")
    batch_size: int = option(4, "of all processes together", at_least=1, unit="images")
    grad_accum_steps: int = option(1, "parts that a batch is computed in, to save memory", at_least=1)
    max_nonfinite_steps: int = option(20, "in a row that are skipped before the run ends", at_least=1)
    hang_minutes: float = option(30.0, "without a step, before the run ends", above=0, unit="minutes")
    log_every_images: int = option(200, "interval of the log", at_least=1, unit="images")
    sample_every_images: int = option(2000, "interval of sample pictures", at_least=1, unit="images")
    save_every_images: int = option(4000, "interval of checkpoints", at_least=1, unit="images")
    keep: int = option(3, "newest checkpoints that are kept, beside the best one", at_least=1)
    keep_every_images: int | None = option(None, "interval of those kept for good", at_least=1, unit="images")


@dataclass
class EvaluateOptions:
    """Metrics while the run trains, on the first pairs of the val split; the best checkpoint is kept."""

    every_images: int | None = option(None, "interval; null or 0: never", at_least=0, unit="images")
    images: int = option(100, "pairs that are measured", at_least=2)
    batch_size: int = option(8, "images generated at a time", at_least=1)
    max_time_fraction: float = option(0.1, "of the training time; other evaluations are skipped", above=0)


@dataclass
class TrainOptions:
    """python train.py name=RUN train.images=N [GROUP=CHOICE ...] [OPTION=VALUE ...]

    Trains a generator that turns label maps into photographs. The run is kept in checkpoints/RUN; Ctrl-C
    (or SIGTERM, SIGUSR1) saves it, resume=true goes on with it. Exit status: 0 trained to the end, 75
    stopped and saved, 2 something to fix.

    Examples
      python train.py name=first train.minutes=10
      python train.py name=streets dataset=camvid dataset.root=DIR norm=sean train.images=200000
      python train.py name=streets resume=true
    """

    name: str = option(MISSING, "of the run, kept in checkpoints/NAME")
    resume: bool | str = option(
        False, "go on; exact: from the newest checkpoint or not at all", choices=(False, True, EXACT)
    )
    init_from: str | None = option(None, "run, or folder of one, to take weights from; classes match by name")
    seed: int = option(0, "of weights, order of the images, crops and noise", at_least=0)
    initialisation: str = option("xavier", "first weights: SPADE's, or pix2pix's", choices=INITIALISATIONS)
    dataset: Any = group("label maps and photos to train on", "scenes")
    norm: Any = group("the norms in the generator", "spade")
    generator: Any = group("the network that generates", "spade")  # after norm, which some set to none
    encoder: Any = group("where style codes come from", "auto")
    discriminator: Any = group("the network that discriminates", "multiscale")
    diffaugment: list[str] = option(
        [], "augments discriminated images (Zhao et al. 2020)", choices=AUGMENTATIONS
    )
    loss: LossOptions = field(default_factory=LossOptions)
    optimizer: OptimizerOptions = group("presets of optimizer.*", "high_lr", OptimizerOptions)
    ema: EmaOptions = field(default_factory=EmaOptions)
    hardware: HardwareOptions = group("presets of hardware.*", None, HardwareOptions)
    train: LengthOptions = field(default_factory=LengthOptions)
    evaluate: EvaluateOptions = field(default_factory=EvaluateOptions)
