"""Options of `python test.py`: what to generate from or to measure, how, and where to."""

from __future__ import annotations

from dataclasses import dataclass, field

from options.schema.dataset import AUTO, PAIRINGS
from options.schema.fields import group, option
from options.schema.training import EvaluationHardwareOptions

METRICS = (AUTO, "psnr", "ssim", "rmse", "fd", "kid", "precision_recall", "swd")
FEATURES = (AUTO, "inception", "dinov2", "efficientnet_lite2")
LPIPS = (AUTO, "alex", "vgg", "none")
SEGMENTERS = (AUTO, "trained", "transformers", "torchvision", "torchscript", "none")
FILTERS = ("lanczos", "bicubic", "bilinear")
WHOLE = "all"
"""The entry of a table that `style=PHOTO`, without a class, makes."""


@dataclass
class SegmenterOptions:
    """The network that finds classes in pictures, for mIoU and pixel accuracy."""

    kind: str = option(AUTO, "auto: trained here or transformers, by what path is", choices=SEGMENTERS)
    path: str | None = option(None, "folder, file, name; null: segmenters/DATASET, if any, and _scratch")
    classes: str = option("names", "its classes are the data set's by names, by ids, or by a CSV file")
    architecture: str | None = option(None, "of kind=torchvision: deeplabv3_resnet50, ...")
    run_code: bool = option(False, "trust a TorchScript file, which is a program")


@dataclass
class TestDatasetOptions:
    """What may differ from the run's own data set."""

    root: str | None = option(None, "folder of the data set; null: as in training")


@dataclass
class PairOptions:
    """How the folders generated, real and labels are read."""

    pairing: str = option("name", "files go together by name without ending, or by order", choices=PAIRINGS)
    height: int | None = option(None, "null: pictures keep their size", at_least=1, unit="pixels")
    width: int | None = option(None, "goes with height", at_least=1, unit="pixels")
    filter: str = option("lanczos", "of resizing, antialiased", choices=FILTERS)
    num_classes: int | None = option(None, "of the label maps; null: as in the files", at_least=1)
    ignore_id: int | None = option(255, "stored id of one more class, unknown; null: none", at_least=0)


@dataclass
class TestOptions:
    """python test.py name=RUN [OPTION=VALUE ...]

    Generates an image for every label map of a split, or of your own folder, with a trained generator;
    measures them where there are photos, and writes a page to look at. With generated=DIR real=DIR it
    measures pictures that are there already, without a run. How each number is made: docs/evaluation.md.

    Examples
      python test.py name=streets split=val
      python test.py name=streets dataset.root=DIR out=elsewhere images=100
      python test.py name=streets labels=DIR
      python test.py name=streets style.sky=PHOTO style.tree=PHOTO
      python test.py name=streets noise.sky=1
      python test.py name=streets features=inception lpips=alex segmenter.path=segmenters/camvid
      python test.py generated=DIR real=DIR
    """

    name: str | None = option(None, "a run under checkpoints/, or the path of a run folder")
    generated: str | None = option(None, "instead of a run: a folder of pictures")
    real: str | None = option(None, "with generated: the folder of the photos to compare them with")
    pairs: PairOptions = field(default_factory=PairOptions)
    checkpoint: str = option("latest", "of the run; best: by the metrics of its training; or its images")
    out: str = option("results", "folder of all results")
    folder: str | None = option(
        None, "of these; null: OUT/RUN/SPLIT; SPLIT is own with labels, real with real"
    )
    split: str = option("val", "of the data set, to generate from")
    dataset: TestDatasetOptions = field(default_factory=TestDatasetOptions)
    labels: str | None = option(None, "folder of your own label maps, instead of the data set's")
    instances: str | None = option(None, "folder of instance maps with the names of labels=")
    photos: str | None = option(None, "folder of photos with the names of labels=")
    images: int | None = option(None, "label maps to generate from; null: all", at_least=1)
    train_images: int = option(1000, "training photos, for the scale of metrics and mean styles", at_least=2)
    batch_size: int = option(8, "images generated at a time", at_least=1)
    samples: int | None = option(
        None, "images a label map, in styles or with noise drawn at random", at_least=1
    )
    style: dict[str, str] = option({}, "style.CLASS=PHOTO, or =mean; style=PHOTO: of all classes")
    style_labels: dict[str, str] = option({}, "style_labels.CLASS=FILE: the label map of that photo")
    interpolate: int | None = option(None, "images a label map, from its own to style=, noise=", at_least=2)
    style_name: str | None = option(None, "norm=cin: a style by its name, or all")
    noise: dict[str, int] = option({}, "noise.CLASS=SEED: other noise of a class; noise=SEED: of all")
    seed: int = option(0, "of styles and noise", at_least=0)
    ema: bool = option(True, "generate with the averaged weights")
    optimize: bool = option(True, "compute once what no label map changes: the same images to rounding")
    compile: bool = option(False, "run the generator through torch.compile instead")
    metrics: list[str] = option([AUTO], "auto: all that the pictures allow", choices=METRICS)
    features: str = option(AUTO, "of fd, kid, precision_recall; auto: Inception if cached", choices=FEATURES)
    inception_weights: str | None = option(None, "torch-fidelity's file; null: torch's cache")
    dinov2_weights: str | None = option(None, "timm's file; null: timm's hub, or its cache")
    lpips: str = option(AUTO, "network of LPIPS; auto: alex, if its weights are cached", choices=LPIPS)
    lpips_weights: str | None = option(None, "torchvision's file of that network; null: torch's cache")
    segmenter: SegmenterOptions = field(default_factory=SegmenterOptions)
    pictures: str = option("png", "measured as PNG files hold them, or unrounded", choices=("png", "tensor"))
    gallery: int = option(2000, "label maps on the page; all are written", at_least=0)
    hardware: EvaluationHardwareOptions = group("presets of hardware.*", None, EvaluationHardwareOptions)
