"""The training set's mean styles: taken from training photos once, and kept with the run."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor
from tqdm import tqdm

from data.sources.subset import Subset
from engine.checkpoint.checkpoint_paths import mean_styles_file
from engine.runtime.hardware import Hardware
from inference.generator import LabelMapGenerator
from inference.load import Run
from inference.mean_styles import PHOTOS, mean_styles, write_mean_styles
from models.conditional_generator import ConditionalGenerator
from options.build.data import build_source, evaluation_batches, evaluation_set
from options.schema.dataset import DatasetOptions
from options.schema.networks import RegionStyleOptions
from options.schema.testing import TestOptions
from options.schema.training import TrainOptions

PHOTOS_AT_ONCE = 8


def keep_mean_styles(
    options: TrainOptions, run: Path, images: int, G: ConditionalGenerator, hardware: Hardware
) -> None:
    """At the end of training: writes the mean styles of a run that takes a style a region.

    Of no more photos than it was trained on. Where they cannot be written, says so: they can be taken later.
    """
    if not isinstance(options.encoder, RegionStyleOptions):
        return
    styles = _take(options.dataset, min(PHOTOS, images), G, hardware, options.hardware.num_workers)
    _keep(styles, mean_styles_file(run, images))


def provide_mean_styles(
    run: Run, dataset: DatasetOptions, options: TestOptions, generator: LabelMapGenerator, needed: bool
) -> None:
    """Gives the generator the mean styles that its run keeps, or takes them now and keeps them.

    Raises ValueError where they are `needed` and there are no training photos to take them from.
    """
    if generator.mean_styles is not None:
        return
    try:
        build_source(dataset, "train")
    except ValueError as error:
        if needed:
            raise ValueError(
                f"the run keeps no mean styles, and there are no training photos to take them from: {error}; "
                "give these (dataset.root=...), or other photos (photos=DIR, style=PHOTO)"
            ) from error
        return
    hardware = generator.hardware
    styles = _take(dataset, options.train_images, generator.G, hardware, options.hardware.num_workers)
    generator.mean_styles = styles
    _keep(styles, mean_styles_file(run.folder, run.images))


def _take(
    dataset: DatasetOptions, count: int, G: ConditionalGenerator, hardware: Hardware, workers: int
) -> Tensor:
    photos = evaluation_set(dataset, Subset.spread(build_source(dataset, "train"), count))
    batches = evaluation_batches(photos, PHOTOS_AT_ONCE, workers, hardware)
    assert G.encoder is not None, "region styles have an encoder"
    total = -(-len(photos) // PHOTOS_AT_ONCE)
    bar = tqdm(batches, "mean styles", total=total, unit="batch", dynamic_ncols=True, leave=False)
    return mean_styles(G.encoder, bar)


def _keep(styles: Tensor, file: Path) -> None:
    try:
        write_mean_styles(styles, file)
    except OSError as error:
        print(f"the mean styles could not be kept in {file} ({error.strerror or error})")
