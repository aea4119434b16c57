"""Generates and measures: `python test.py name=RUN split=val`, or `labels=DIR` for your own label maps."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from torch import Tensor
from tqdm import tqdm

from data.paired import PairedDataset
from data.sample import Batch
from engine.generation import LabelMapGenerator
from engine.hardware import Hardware
from engine.logging import read_log
from engine.looks import Looks
from evaluation.evaluate import evaluate, measure_scale
from evaluation.features import load_metric_network
from evaluation.gallery import Gallery
from evaluation.interpolation import INTERPOLATIONS, write_interpolation
from evaluation.protocol import Protocol, Rows, write_metrics
from evaluation.report import numbers_text, write_report
from options.build import build_hardware
from options.build_data import evaluation_batches, given_set, split_set
from options.build_styles import build_looks
from options.command import command
from options.load import Run, load_run, open_run
from options.ranges import check_ranges
from options.schema import TestOptions
from options.schema.dataset import DatasetOptions
from options.style_requests import asked_styles

METRIC_NETWORK = "efficientnet_lite2"
METRICS = "metrics.json"
OWN = "own"
"""Where pictures of a person's own label maps go, in place of a split."""


def start(options: TestOptions, overrides: list[str]) -> None:
    """Generates an image for every label map; measures them where there are photos; writes a page."""
    check_ranges(options)
    run = open_run(options.name)
    dataset = dataset_options(run, options)
    hardware = build_hardware(options.hardware)
    pairs, batch = label_maps(run, dataset, options)
    generator = load_run(run, options.hardware)
    looks, asked = build_looks(run, dataset, options, generator), asked_styles(options)
    folder = results_folder(run, options)
    gallery = Gallery(folder, run.facts.label_set)
    batches = evaluation_batches(pairs, batch, options.hardware.workers, hardware)
    total = -(-len(pairs) // batch)
    metrics, protocol = None, None
    with closing(generate(generator, looks, batches, total, gallery, options)) as generated:
        # In another style an image has no photo to be compared with.
        if (options.labels is None or options.photos is not None) and len(pairs) > 1 and not asked:
            protocol = state_protocol(dataset, options, len(pairs))
            metrics = measure(run, dataset, options, generated, protocol, hardware)
            write_metrics(folder / METRICS, metrics, protocol)
            print(numbers_text(metrics, protocol))
        else:
            for _ in generated:
                pass
            (folder / METRICS).unlink(missing_ok=True)  # of an earlier generator
            if len(pairs) == 1:
                print("one picture: no numbers, since a distance takes two at least")
    title = f"{run.folder.name} after {run.images} images"
    shown, log = gallery.rows[: options.gallery], read_log(run.folder)
    notes = [f"Styles: {' '.join(asked)}"] if asked else []
    page = write_report(folder, title, shown, run.facts.label_set, metrics, protocol, log, notes)
    print(f"{len(gallery.rows)} label maps, images in {folder / 'images'}; the gallery is\n{page}")


def dataset_options(run: Run, options: TestOptions) -> DatasetOptions:
    """The run's data set, where it lies now."""
    dataset: DatasetOptions = run.options.dataset
    if options.dataset.root is None:
        return dataset
    if not hasattr(dataset, "root"):
        raise ValueError(
            f"dataset.root={options.dataset.root}: dataset={dataset.name} is not read from a folder"
        )
    return replace(dataset, root=options.dataset.root)  # type: ignore[call-arg]


def results_folder(run: Run, options: TestOptions) -> Path:
    """Where the results go; made if it is not there."""
    split = OWN if options.labels else options.split
    folder = Path(options.folder or Path(options.out) / run.folder.name / split)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def label_maps(run: Run, dataset: DatasetOptions, options: TestOptions) -> tuple[PairedDataset, int]:
    """What to generate from, and how many at once; people's own label maps differ in size: one at once."""
    if options.labels is None:
        for word in ("instances", "photos"):
            if getattr(options, word) is not None:
                raise ValueError(f"{word}={getattr(options, word)} goes with labels=DIR; add it")
        return split_set(dataset, options.split, options.images), options.batch
    if options.instances is not None and not run.facts.edges:
        raise ValueError(
            f"instances={options.instances}: {options.name} was trained without instance maps; leave it out"
        )
    instances, photos = (None if name is None else Path(name) for name in (options.instances, options.photos))
    own = given_set(dataset, run.facts, Path(options.labels), instances, photos, options.images)
    return own, 1


def progress(batches: Iterator[Batch], what: str, total: int) -> tqdm[Batch]:
    """The batches with a bar that is gone when they are: what there is to say is printed afterwards."""
    return tqdm(batches, what, total=total, unit="batch", dynamic_ncols=True, leave=False)


def generate(
    generator: LabelMapGenerator,
    looks: Looks,
    batches: Iterator[Batch],
    total: int,
    gallery: Gallery,
    options: TestOptions,
) -> Generator[tuple[Tensor, Batch], None, None]:
    """Images (the first of each label map) with the `total` batches they were made from; all are written."""
    made = 0
    for batch in progress(batches, "generate", total):
        samples = [
            generator(
                batch.labels,
                batch.instances,
                style_id=look.style_id,
                seed=options.seed,
                styles=look.styles,
            )
            for look in looks(batch, made)
        ]
        made += len(batch)
        gallery.add(batch, *samples)
        if options.interpolate is not None:
            for name, *images in zip(batch.names, *samples):
                write_interpolation(gallery.folder / INTERPOLATIONS, name, images)
        yield samples[0], batch


def state_protocol(dataset: DatasetOptions, options: TestOptions, count: int) -> Protocol:
    """How the numbers are made."""
    given = options.labels is not None
    return Protocol(
        dataset=dataset.name,
        split=OWN if given else options.split,
        count=count,
        height=None if given else dataset.height,
        width=None if given else dataset.width,
        resize_filter="none" if given or dataset.name == "scenes" else "bicubic",
        pictures="png",
        ema=True,
        seed=options.seed,
    )


def measure(
    run: Run,
    dataset: DatasetOptions,
    options: TestOptions,
    generated: Iterator[tuple[Tensor, Batch]],
    protocol: Protocol,
    hardware: Hardware,
) -> Rows:
    """The numbers; beside them those of the null model and of training photos, where there are any."""
    network = hardware.place(load_metric_network(METRIC_NETWORK))
    try:
        train = split_set(dataset, "train", options.train_images)
    except ValueError as error:
        print(f"the numbers have nothing beside them to be compared with: {error}")
        return evaluate(generated, network, protocol)
    batches = evaluation_batches(train, options.batch, options.hardware.workers, hardware)
    bar = progress(batches, "training photos", -(-len(train) // options.batch))
    scale = measure_scale(bar, len(run.facts.label_set), network, protocol)
    return evaluate(generated, network, protocol, scale)


if __name__ == "__main__":
    command("test", TestOptions, start)
