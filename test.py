"""Generates and measures: `python test.py name=RUN split=val`, or `labels=DIR` for your own label maps.

`python test.py generated=DIR real=DIR` measures pictures that somebody else generated.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from options.cli import command
from options.schema import TestOptions
from options.schema.dataset import DatasetOptions

if TYPE_CHECKING:
    from torch import Tensor

    from data.batch import Batch
    from data.dataset import PairedDataset
    from data.sources.subset import Subset
    from engine.progress import ProgressBar
    from engine.runtime.distributed import Processes
    from engine.runtime.hardware import Hardware
    from evaluation.evaluate import Evaluation
    from evaluation.feature_cache import CachedFeatures
    from evaluation.gallery import Gallery
    from evaluation.lpips import LPIPSDiversity
    from evaluation.metric_set import MetricSet
    from evaluation.protocol import Protocol
    from inference.generator import LabelMapGenerator
    from inference.load import Run
    from inference.style_sampling import StyleSampling

REMEMBERED = ".remembered"
"""Features of reference photos, beside the results of all runs."""


def start(options: TestOptions, overrides: list[str]) -> None:
    """Generates an image for every label map; measures them where there are photos; writes a page."""
    # What imports torch is imported here: --help and mistyped options are answered without it.
    from engine.runtime.distributed import join_processes
    from options.build.testing import check_testing
    from options.build.training import build_hardware

    check_testing(options)
    hardware = build_hardware(options.hardware)
    hardware.keep_memory()
    with join_processes(hardware.device) as processes:
        if options.generated is None:
            test_run(options, hardware, processes)
        else:
            test_folders(options, hardware, processes)


def test_run(options: TestOptions, hardware: Hardware, processes: Processes) -> None:
    """A run's pictures of a split, or of a person's own label maps."""
    from data.sources.subset import Subset
    from evaluation.evaluate import Evaluation
    from evaluation.gallery import Gallery
    from inference.load import build_style_sampling, load_run, open_run, style_args
    from options.build.metrics import build_diversity, build_metrics, build_segmenter, shared_networks
    from options.build.testing import OWN, run_protocol, tested_dataset, tested_label_maps

    assert options.name is not None, "check_testing has seen to it"
    run = open_run(options.name, options.checkpoint)
    label_set = run.info.label_set
    dataset = tested_dataset(run.options.dataset, options)
    pairs, batch = tested_label_maps(run.info, dataset, options)
    share = Subset.of_process(pairs.source, processes.rank, processes.count)
    generator = load_run(run, options.hardware, options.ema, options.optimize, options.compile)
    style_sampling = build_style_sampling(run, dataset, options, generator)
    asked = style_args(options).requested()
    folder = results_folder(options, run.folder.name, OWN if options.labels else options.split)
    gallery = Gallery(folder, label_set)
    batches = shared_batches(pairs, share, batch, "generate", options, hardware, processes)
    diversity, notes = build_diversity(options, hardware)
    evaluation, protocol = None, run_protocol(dataset, options, len(pairs))
    with closing(
        generate(generator, style_sampling, batches, share.indices[0], gallery, diversity, options)
    ) as generated:
        # In another style an image has no photo to be compared with.
        if (options.labels is None or options.photos is not None) and not asked:
            side = None if options.labels else min(dataset.height, dataset.width)
            segmenter = build_segmenter(options.segmenter, label_set, dataset.name)
            metrics, skipped = build_metrics(options, len(pairs), side, segmenter, hardware)
            notes += skipped + shared_networks(run.options.loss.perceptual, metrics)
            evaluation = measure(run, dataset, options, generated, metrics, protocol, hardware, processes)
        else:
            for _ in generated:
                pass
    if diversity is not None:
        evaluation = Evaluation({"model": {"images": len(pairs), **diversity.figures()}})
    notes += [f"Styles: {' '.join(asked)}"] if asked else []
    title = f"{run.folder.name} after {run.images} images"
    finish(options, folder, title, gallery, evaluation, protocol, notes, processes, run.folder)


def test_folders(options: TestOptions, hardware: Hardware, processes: Processes) -> None:
    """Pictures of anybody's, in a folder, against photos of the same names."""
    from engine.progress import ProgressBar
    from evaluation.evaluate import Scale, evaluate, mean_colours
    from evaluation.gallery import Gallery
    from options.build.metrics import build_metrics, build_segmenter
    from options.build.testing import REAL, folder_pairs, folder_protocol

    pairs, label_set = folder_pairs(options)
    if len(pairs) < processes.count:
        raise ValueError(f"{len(pairs)} pictures are shared among {processes.count} processes; start fewer")
    segmenter = None if label_set is None else build_segmenter(options.segmenter, label_set, REAL)
    side = None if options.pairs.height is None else min(options.pairs.height, options.pairs.width or 0)
    metrics, notes = build_metrics(options, len(pairs), side, segmenter, hardware)
    protocol = folder_protocol(options, len(pairs))
    folder = results_folder(options, Path(str(options.generated)).resolve().name, REAL)
    first, end = (len(pairs) * part // processes.count for part in (processes.rank, processes.rank + 1))
    share = range(first, end)
    scale, gallery = None, None
    if label_set is not None:
        photos = ProgressBar(
            pairs.photos(share, options.batch_size), "colours", len(share), processes.is_main
        )
        scale = Scale(mean_colours(photos, len(label_set), metrics.device, protocol), None)
        notes.append(
            "mean_colour_baseline paints each class in its mean colour in the measured photos themselves"
        )
        gallery = Gallery(folder, label_set)
    remembered = cached_features(metrics, protocol, options.real, options)
    given = ProgressBar(pairs.batches(share, options.batch_size), "measure", len(share), processes.is_main)
    evaluation = evaluate(shown(given, gallery), metrics, protocol, scale, remembered, label_set)
    remembered.save(processes)
    title = f"{options.generated} against {options.real}"
    finish(options, folder, title, gallery, evaluation, protocol, notes, processes, None)


def results_folder(options: TestOptions, name: str, split: str) -> Path:
    """Where the results go; made if it is not there."""
    folder = Path(options.folder or Path(options.out) / name / split)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def shared_batches(
    pairs: PairedDataset,
    share: Subset,
    batch: int,
    what: str,
    options: TestOptions,
    hardware: Hardware,
    processes: Processes,
) -> ProgressBar[Batch]:
    """This process's share of the pairs, on the device, with a bar that counts them."""
    from data.dataset import PairedDataset
    from engine.progress import ProgressBar
    from options.build.data import evaluation_batches

    dataset = PairedDataset(share, pairs.transform, pairs.seed, pairs.on_error)
    batches = evaluation_batches(dataset, batch, options.hardware.num_workers, hardware)
    return ProgressBar(batches, what, len(share), processes.is_main)


def generate(
    generator: LabelMapGenerator,
    style_sampling: StyleSampling,
    batches: Iterable[Batch],
    first: int,
    gallery: Gallery,
    diversity: LPIPSDiversity | None,
    options: TestOptions,
) -> Generator[tuple[Tensor, Batch], None, None]:
    """Images (the first of each label map) with the batches they were made from; all are written.

    `first`: the place among all label maps of the first one here; `diversity`: is shown all samples.
    """
    from evaluation.interpolation import INTERPOLATIONS, write_interpolation

    made = first
    for batch in batches:
        samples = [
            generator.pictures(batch, style_batch.style_id, style_batch.styles, options.seed, made)
            for style_batch in style_sampling(batch, made)
        ]
        made += len(batch)
        gallery.add(batch, *samples)
        if diversity is not None:
            diversity.update_samples(samples)
        if options.interpolate is not None:
            for name, *images in zip(batch.names, *samples):
                write_interpolation(gallery.folder / INTERPOLATIONS, name, images)
        yield samples[0], batch


def shown(pairs: Iterable[tuple[Tensor, Batch]], gallery: Gallery | None) -> Iterator[tuple[Tensor, Batch]]:
    """The same pairs; each is written to the gallery's folder where there is one."""
    for pictures, batch in pairs:
        if gallery is not None:
            gallery.add(batch, pictures)
        yield pictures, batch


def measure(
    run: Run,
    dataset: DatasetOptions,
    options: TestOptions,
    generated: Iterator[tuple[Tensor, Batch]],
    metrics: MetricSet,
    protocol: Protocol,
    hardware: Hardware,
    processes: Processes,
) -> Evaluation:
    """The numbers; beside them those of the null model and of training photos, where there are any."""
    from data.sources.subset import Subset
    from evaluation.evaluate import evaluate, measure_scale
    from options.build.data import split_set

    scale, root = None, getattr(dataset, "root", None)
    try:
        train = split_set(dataset, "train", options.train_images)
    except ValueError as error:
        if processes.is_main:
            print(f"the numbers have nothing beside them to be compared with: {error}")
    else:
        of_train = replace(
            protocol, split="train", count=len(train), height=dataset.height, width=dataset.width
        )
        remembered = cached_features(metrics, of_train, root, options)
        share = Subset.of_process(train.source, processes.rank, processes.count)
        photos = shared_batches(
            train, share, options.batch_size, "training photos", options, hardware, processes
        )
        scale = measure_scale(photos, len(run.info.label_set), metrics, protocol, remembered)
        remembered.save(processes)
    remembered = cached_features(metrics, protocol, options.photos or root, options)
    evaluation = evaluate(generated, metrics, protocol, scale, remembered, run.info.label_set)
    remembered.save(processes)
    return evaluation


def cached_features(
    metrics: MetricSet, protocol: Protocol, root: object, options: TestOptions
) -> CachedFeatures:
    """The metrics' features, those of reference photos kept from one evaluation to the next."""
    from evaluation.feature_cache import CachedFeatures
    from options.build.testing import reference_key

    key = reference_key(protocol, root, metrics.features.name)
    return CachedFeatures(metrics.features, Path(options.out) / REMEMBERED / key.file_name())


def finish(
    options: TestOptions,
    folder: Path,
    title: str,
    gallery: Gallery | None,
    evaluation: Evaluation | None,
    protocol: Protocol,
    notes: list[str],
    processes: Processes,
    run: Path | None,
) -> None:
    """Writes and prints what all processes found; one of them does."""
    from engine.run_log import read_log
    from engine.runtime.distributed import gather
    from evaluation.protocol import METRICS, Rows, write_metrics
    from evaluation.report import numbers_text, write_report

    rows = [row for share in gather([] if gallery is None else gallery.rows, processes) for row in share]
    shares = gather({} if evaluation is None else evaluation.scores, processes)
    if not processes.is_main:
        return
    numbers, how, classes = None, None, dict[str, Rows]()
    if evaluation is not None:
        numbers, how = evaluation.rows, protocol
        classes = {"colour_error": evaluation.colour_errors, "iou": evaluation.class_ious}
        write_metrics(folder / METRICS, numbers, how, evaluation.class_ious, notes, evaluation.colour_errors)
        print(numbers_text(numbers, how))
    else:
        (folder / METRICS).unlink(missing_ok=True)  # of an earlier generator
    for note in notes:
        print(note)
    label_set = None if gallery is None else gallery.label_set
    log = [] if run is None else read_log(run)
    scores = {name: figures for share in shares for name, figures in share.items()}
    page = write_report(
        folder, title, rows, label_set, numbers, how, log, notes, scores, classes, options.gallery
    )
    images = f"{len(rows)} label maps, images in {folder / 'images'}; " if rows else ""
    print(f"{images}the gallery is\n{page}")


if __name__ == "__main__":
    command("test", TestOptions, start)
