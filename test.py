"""Generates and measures: `python test.py name=RUN split=val`, or `labels=DIR` for your own label maps.

`python test.py generated=DIR real=DIR` measures pictures from elsewhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from options.cli import command
from options.schema import TestOptions
from options.validation import check_testing

# What needs torch is imported in the functions: --help and mistakes in the options do without.
if TYPE_CHECKING:
    from engine.runtime.distributed import Processes
    from engine.runtime.hardware import Hardware


def start(options: TestOptions, overrides: list[str]) -> None:
    """Generates an image for every label map; measures them where there are photos; writes a page."""
    check_testing(options)
    from engine.runtime.distributed import join_processes
    from options.build.training import build_hardware

    hardware = build_hardware(options.hardware)
    hardware.keep_memory()
    with join_processes(hardware.device) as processes:
        test = test_run if options.generated is None else test_folders
        test(options, hardware, processes)


def test_run(options: TestOptions, hardware: Hardware, processes: Processes) -> None:
    """The images of a run for a split, or for users' own label maps."""
    from contextlib import closing

    from evaluation.evaluate import Evaluation
    from evaluation.feature_cache import FeatureCache
    from evaluation.gallery import Gallery
    from evaluation.measure import generate_images, measure_run
    from evaluation.results import write_results
    from evaluation.shared_networks import shared_network_warnings
    from inference.load import build_style_sampling, load_run, open_run, style_args
    from options.build import evaluation as build

    assert options.name is not None, "check_testing has checked it"
    run = open_run(options.name, options.checkpoint)
    label_set, dataset = run.info.label_set, build.tested_dataset(run.options.dataset, options)
    pairs, batch_size = build.tested_label_maps(run.info, dataset, options)
    workers = options.hardware.num_workers
    batches, first = build.part_of_process(pairs, batch_size, "generate", workers, hardware, processes)
    generator = load_run(run, options.hardware, options.ema, options.optimize, options.compile)
    style_sampling = build_style_sampling(run, dataset, options, generator)
    asked = style_args(options).requested()
    diversity, notes = build.build_diversity(options, hardware)
    protocol = build.build_protocol(dataset, len(pairs), options)
    folder = results_folder(options, run.folder.name, protocol.split)
    gallery, evaluation = Gallery(folder, label_set), None
    interpolates = options.interpolate is not None
    images = generate_images(
        batches, first, generator, style_sampling, options.seed, gallery, diversity, interpolates
    )
    with closing(images) as generated:
        # An image in another style has no photo to be compared with.
        if (options.labels is None or options.photos is not None) and not asked:
            metrics, skipped = build.build_metrics(options, protocol, label_set, hardware)
            notes += skipped + shared_network_warnings(build.pretrained_networks(run.options), metrics)
            cache = FeatureCache(metrics.features, Path(options.out), processes)
            try:
                train = build.build_training_photos(dataset, protocol, options, hardware, processes)
            except ValueError as error:
                notes.append(f"the metrics have nothing to be compared with: {error}")
                train = None
            evaluation = measure_run(generated, metrics, protocol, label_set, train, cache)
        else:
            for _ in generated:
                pass
    if diversity is not None:
        evaluation = Evaluation({"model": {"images": len(pairs)} | diversity.named_value()})
    notes += [f"Styles and noise: {' '.join(asked)}"] if asked else []
    title = f"{run.folder.name} after {run.images} images"
    write_results(folder, title, protocol, evaluation, gallery, notes, processes, run.folder, options.gallery)


def test_folders(options: TestOptions, hardware: Hardware, processes: Processes) -> None:
    """Pictures from elsewhere, in a folder, against the photos of the same names."""
    from evaluation.feature_cache import FeatureCache
    from evaluation.gallery import Gallery
    from evaluation.measure import measure_folders
    from evaluation.results import write_results
    from options.build import evaluation as build

    pairs, label_set = build.build_folder_pairs(options)
    protocol = build.build_folder_protocol(len(pairs), options)
    metrics, notes = build.build_metrics(options, protocol, label_set, hardware)
    folder = results_folder(options, Path(str(options.generated)).resolve().name, protocol.split)
    gallery = None if label_set is None else Gallery(folder, label_set)
    if gallery is not None:
        notes.append("mean_colour_baseline paints each class in its mean colour in the measured photos")
    cache = FeatureCache(metrics.features, Path(options.out), processes)
    evaluation = measure_folders(pairs, metrics, protocol, gallery, options.batch_size, cache)
    title = f"{options.generated} against {options.real}"
    write_results(folder, title, protocol, evaluation, gallery, notes, processes, shown=options.gallery)


def results_folder(options: TestOptions, name: str, split: str) -> Path:
    """Where the results go; made if it is not there."""
    folder = Path(options.folder or Path(options.out) / name / split)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    command("test", TestOptions, start)
