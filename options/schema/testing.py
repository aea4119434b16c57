"""Options of `python test.py`: what to generate from or to measure, how, and where to."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from omegaconf import MISSING

from options.schema.dataset import Pairing
from options.schema.training import HardwareOptions


class Metric(Enum):
    """Figures that test.py can make; `auto` is all that the pictures allow. LPIPS and mIoU: see below."""

    auto = "auto"
    psnr = "psnr"
    ssim = "ssim"
    rmse = "rmse"
    fd = "fd"
    kid = "kid"
    precision_recall = "precision_recall"


class Features(Enum):
    """The network of fd, kid and precision_recall; `auto`: Inception where its weights are at hand."""

    auto = "auto"
    inception = "inception"
    efficientnet_lite2 = "efficientnet_lite2"


class Lpips(Enum):
    """The network under LPIPS; `auto`: AlexNet where its weights are at hand, else LPIPS is left out."""

    auto = "auto"
    alex = "alex"
    vgg = "vgg"
    none = "none"


class Pictures(Enum):
    """Whether pictures are measured as PNG files hold them, or unrounded."""

    png = "png"
    tensor = "tensor"


class ResizeFilter(Enum):
    """How `generated` and `real` pictures come to `height` x `width`; all are antialiased."""

    lanczos = "lanczos"
    bicubic = "bicubic"
    bilinear = "bilinear"


class SegmenterKind(Enum):
    """Where a segmenter comes from; `auto`: trained here or of transformers, by what lies at `path`."""

    auto = "auto"
    trained = "trained"
    transformers = "transformers"
    torchvision = "torchvision"
    torchscript = "torchscript"
    none = "none"


@dataclass
class SegmenterOptions:
    """The network that finds classes in pictures, for mIoU and pixel accuracy."""

    kind: SegmenterKind = SegmenterKind.auto
    path: str | None = None  # folder, file or name; null: segmenters/DATASET where there is one
    classes: str = "names"  # its classes and the data set's agree by names, by ids, or by a CSV file
    architecture: str | None = None  # of torchvision: deeplabv3_resnet50, ...
    run_code: bool = False  # a TorchScript file is a program: say that you trust it


@dataclass
class TestDatasetOptions:
    """What may differ from the run's own data set."""

    root: str | None = None


WHOLE = "all"
"""The entry of a table that `style=PHOTO`, without a class, makes."""


@dataclass
class PairOptions:
    """How the folders `generated`, `real` and `labels` are read. Sizes in pixels."""

    pairing: Pairing = Pairing.name  # by names without ending, or in the order of names
    height: int | None = None  # both are resized to it; null: pictures keep their size, and pairs agree
    width: int | None = None
    filter: ResizeFilter = ResizeFilter.lanczos
    num_classes: int | None = None  # of the label maps; null: as many as they hold
    ignore_id: int | None = 255  # stored id that becomes one more class; null: there is none


@dataclass
class TestOptions:
    """`python test.py`.

    Tables (`style`, `style_labels`) have an entry a class: `style.sky=A.png`; without a class, for all.
    """

    name: str | None = None  # a run under checkpoints/, or the path of a run folder
    generated: str | None = None  # instead of a run: a folder of anybody's pictures,
    real: str | None = None  # and that of the photos with the same names
    pairs: PairOptions = field(default_factory=PairOptions)
    checkpoint: str = "latest"  # of the run; best: by the figures of its training; or its number of images
    out: str = "results"
    folder: str | None = None  # where everything goes; null: OUT/RUN/SPLIT (own for labels=, real for real=)
    split: str = "val"
    dataset: TestDatasetOptions = field(default_factory=TestDatasetOptions)
    labels: str | None = None  # a folder of your own label maps, instead of the data set's
    instances: str | None = None
    photos: str | None = None
    images: int | None = None  # how many to make; null: all
    train_images: int = 1000  # training photos that set the scale of the numbers, or say the mean styles
    batch_size: int = 8
    samples: int | None = None  # encoder=image: so many images a label map, their styles drawn at random
    style: dict[str, str] = field(default_factory=dict)  # photo whose style to take, or "mean"
    style_labels: dict[str, str] = field(default_factory=dict)  # its label map; without: all of the photo
    interpolate: int | None = None  # so many images a label map, from its own style to the one asked for
    style_name: str | None = None  # norm=cin: a style by its name, or "all"
    seed: int = 0
    ema: bool = True  # generate with the averaged weights
    optimize: bool = True  # compute what does not depend on label maps once: the same images to rounding
    compile: bool = False  # the generator through torch.compile instead
    metrics: list[Metric] = field(default_factory=lambda: [Metric.auto])
    features: Features = Features.auto
    inception_weights: str | None = None  # torch-fidelity's file, where it is not in torch's cache
    lpips: Lpips = Lpips.auto
    lpips_weights: str | None = None  # torchvision's file of that network, where it is not in torch's cache
    segmenter: SegmenterOptions = field(default_factory=SegmenterOptions)
    pictures: Pictures = Pictures.png
    gallery: int = 2000  # label maps on the page; all are written
    hardware: HardwareOptions = field(default_factory=HardwareOptions)


@dataclass
class TrainSegmenterOptions:
    """`python scripts/train_segmenter.py`."""

    name: str | None = None  # of the folder under segmenters/; null: the data set's
    dataset: Any = MISSING
    images: int = 6000  # to show it
    batch_size: int = 8
    learning_rate: float = 1e-3
    width: int = 64  # channels
    seed: int = 0
    hardware: HardwareOptions = field(default_factory=HardwareOptions)
