"""From a run folder to its generator, and to the styles that a command line requests of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from data.batch import Batch
from data.dataset_info import DatasetInfo
from data.sources.source import Subset
from engine.checkpoint import checkpoint_paths as paths
from engine.checkpoint.checkpoint import read_network
from engine.checkpoint.serialization import load_weights
from engine.progress import ProgressBar
from engine.runtime.hardware import Hardware
from inference.generator import LabelMapGenerator
from inference.mean_styles import (
    PHOTOS,
    mean_styles,
    provided_mean_styles,
    read_mean_styles,
    write_mean_styles,
)
from inference.noise_sampling import NoiseSampling
from inference.style_args import DRAWN, StyleArgs, noise_of_classes, read_style_photo, requested_codes
from inference.style_sampling import StyleSampling
from models.conditional_generator import ConditionalGenerator
from models.encoders.prior import Prior
from options.build.data import build_label_format, build_source, evaluation_batches, evaluation_set
from options.build.networks import build_generator
from options.build.training import build_hardware
from options.run_config import read_options
from options.schema.dataset import DatasetOptions
from options.schema.testing import WHOLE, TestOptions
from options.schema.training import EvaluationHardwareOptions, HardwareOptions, TrainOptions

PHOTOS_AT_ONCE = 8
Value = TypeVar("Value")


@dataclass(frozen=True)
class Run:
    """A run that can generate: `images` it had seen when the weights to load were saved."""

    folder: Path
    options: TrainOptions
    info: DatasetInfo
    images: int


def open_run(name: str, checkpoint: str = paths.LATEST) -> Run:
    """A run by its name under checkpoints/, or by the path of its folder.

    `checkpoint`: "latest", "best" (by its validation metric), or the images of one that is there.
    Raises ValueError where there is no such run or checkpoint.
    """
    folder = paths.existing_run(name)
    images = paths.requested_images(folder, checkpoint)
    return Run(folder, read_options(folder), DatasetInfo.read(folder), images)


def load_run(
    run: Run,
    hardware: HardwareOptions | None = None,
    ema: bool = True,
    optimize: bool = True,
    compiled: bool = False,
) -> LabelMapGenerator:
    """The run's generator with its averaged weights, or as they were trained where `ema` is false.

    `optimize`: prepared for inference, which is faster and gives the same images to rounding;
    `compiled`: left as it was trained and run through torch.compile instead.
    """
    G, info, folder, images = build_generator(run.options, run.info), run.info, run.folder, run.images
    file = paths.weights_file(folder, images) if ema else paths.state_file(folder, images)
    load_weights(G, read_network(folder, images, "ema" if ema else "G"), file)
    G.generator.enter(G.generator.phase_at(max(0, images - run.options.train.batch_size)))  # of the last step
    means = None
    if G.encoder is not None:
        means = read_mean_styles(paths.mean_styles_file(folder, images), G.encoder.code_shape)
    if compiled:
        G.generator.compile()
    placed, prepare = build_hardware(hardware or EvaluationHardwareOptions()), optimize and not compiled
    return LabelMapGenerator(G, len(info.label_set), len(info.styles), placed, means, prepare)


def style_args(options: TestOptions) -> StyleArgs:
    """The options that choose styles and noise; the entry for the whole image is None's."""

    def table(given: Mapping[str, Value]) -> dict[str | None, Value]:
        return {None if name == WHOLE else name: value for name, value in given.items()}

    style, style_labels, noise = table(options.style), table(options.style_labels), table(options.noise)
    return StyleArgs(style, style_labels, options.interpolate, options.samples, options.style_name, noise)


def build_style_sampling(
    run: Run, dataset: DatasetOptions, options: TestOptions, generator: LabelMapGenerator
) -> StyleSampling:
    """The styles and the noise that the options request, or each label map's own.

    Raises ValueError where the run cannot do what is requested, and where files do not fit.
    """
    args, encoder, label_set, means = style_args(options), generator.G.encoder, run.info.label_set, None
    args.check(run.options.encoder.name, run.options.norm.name, generator.G.generator.noise_width)
    samples = args.samples if run.options.encoder.name in DRAWN else None
    samples = 1 if samples is None and isinstance(encoder, Prior) else samples
    if encoder is not None and len(encoder.code_shape) == 2:  # a style for each region
        workers, file = options.hardware.num_workers, paths.mean_styles_file(run.folder, run.images)
        photos = partial(_training_photos, dataset, options.train_images, generator.hardware, workers)
        means = partial(provided_mean_styles, generator, photos, file)
    label_format = build_label_format(dataset, label_set)
    read = partial(read_style_photo, label_format=label_format, height=dataset.height, width=dataset.width)
    codes = requested_codes(args, label_set, generator, read, means)
    return StyleSampling(
        generator,
        options.seed,
        args.style_ids(run.info.styles),
        samples,
        whole=codes.get(None),
        regions={label: code[0, label] for label, code in codes.items() if label is not None},
        steps=args.interpolate if args.style else None,
        means=means,
        class_names=label_set.names,
        noise=NoiseSampling(
            generator,
            options.seed,
            args.samples,
            whole=args.noise.get(None),
            regions=noise_of_classes(args, label_set),
            steps=args.interpolate if args.noise else None,
        ),
    )


def keep_mean_styles(
    options: TrainOptions, run: Path, images: int, G: ConditionalGenerator, hardware: Hardware
) -> None:
    """Writes the mean styles of a trained run with a style for each region, of no more photos than it saw."""
    if G.encoder is not None and len(G.encoder.code_shape) == 2:
        count, workers = min(PHOTOS, images), options.hardware.num_workers
        photos = _training_photos(options.dataset, count, hardware, workers)
        write_mean_styles(mean_styles(G.encoder, photos), paths.mean_styles_file(run, images))


def _training_photos(
    options: DatasetOptions, count: int, hardware: Hardware, workers: int
) -> Iterable[Batch]:
    """`count` training photos, evenly spread, on the device; ValueError where there are none."""
    source = Subset.spread(build_source(options, "train"), count)
    batches = evaluation_batches(evaluation_set(options, source), PHOTOS_AT_ONCE, workers, hardware)
    return ProgressBar(batches, "mean styles", len(source), visible=True)
