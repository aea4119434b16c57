"""The commands that teach a study's segmenter and measure its runs, and what of it has been done."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from engine.checkpoint.atomic_write import write_text_atomically
from engine.checkpoint.checkpoint_paths import weights_file
from evaluation.protocol import METRICS
from evaluation.segmenters.trained import DESCRIPTION, is_trained_here, read_description
from options.build.metrics import SEGMENTERS
from options.build.study import PROJECT, StudyRun, root_words
from options.cli import quoted
from options.schema import CompareNormsOptions, TrainSegmenterOptions

SPLIT = "val"


def segmenter_folder(options: CompareNormsOptions) -> Path:
    """The study's own segmenter, or the one it is told to take."""
    return SEGMENTERS / options.name if options.segmenter_path is None else Path(options.segmenter_path)


def segmenter_command(options: CompareNormsOptions, run: StudyRun) -> tuple[str, ...] | None:
    """Trains the segmenter, on the data set as the study has it; None where there is one, or none is wanted.

    Raises ValueError where the one that is there was trained otherwise, the one to take is not there, or it
    would be trained on less than a batch.
    """
    if not options.segmenter_images:
        return None
    if options.segmenter_images < TrainSegmenterOptions.batch_size:
        raise ValueError(
            f"segmenter_images={options.segmenter_images}: give {TrainSegmenterOptions.batch_size} or more,"
            " one batch, or 0 for no mIoU"
        )
    if options.segmenter_path is not None:
        if not segmenter_folder(options).exists():
            raise ValueError(
                f"segmenter_path={options.segmenter_path}: there is none; make one with"
                " scripts/train_segmenter.py"
            )
        return None
    dataset = run.options.dataset
    if is_trained_here(segmenter_folder(options)):
        _check_segmenter(options, run)
        return None
    told = (
        f"dataset={dataset.name}", *root_words(options),
        *(word for word in options.overrides if word.startswith("dataset.")),
        f"dataset.height={dataset.height}", f"dataset.width={dataset.width}", f"name={options.name}",
        f"images={options.segmenter_images}", f"hardware.num_workers={run.options.hardware.num_workers}",
    )  # fmt: skip
    return sys.executable, str(PROJECT / "scripts" / "train_segmenter.py"), *told


def _check_segmenter(options: CompareNormsOptions, run: StudyRun) -> None:
    folder, dataset = segmenter_folder(options), run.options.dataset
    batch = TrainSegmenterOptions.batch_size
    found = read_description(folder)
    pairs = (
        ("dataset", found.dataset, dataset.name),
        ("height", found.height, dataset.height),
        ("width", found.width, dataset.width),
        ("images", found.images, options.segmenter_images // batch * batch),
    )
    for name, stored, asked in pairs:
        if stored != asked:
            raise ValueError(
                f"{folder} was trained with {name}={stored}, not {asked}; remove it, give the study another "
                "name=..., or take it as it is with segmenter_path=..."
            )


def results_folder(options: CompareNormsOptions, run: StudyRun) -> Path:
    """Where test.py leaves what it measures."""
    return Path(options.out) / options.name / run.name / SPLIT


def measure_command(options: CompareNormsOptions, run: StudyRun) -> tuple[str, ...]:
    """Generates from the val split, in the style of its own photo where the norm takes one, and measures."""
    told = [f"name={run.name}", f"folder={quoted(str(results_folder(options, run)))}"]
    told += [f"out={quoted(str(Path(options.out) / options.name))}", *root_words(options)]
    told += [f"hardware.num_workers={run.options.hardware.num_workers}", *_protocol_words(options)]
    return sys.executable, str(PROJECT / "test.py"), *told


def _protocol_words(options: CompareNormsOptions) -> list[str]:
    """Those of the words that a figure depends on."""
    segmenter = "path=" + quoted(str(segmenter_folder(options))) if options.segmenter_images else "kind=none"
    images = [] if options.images is None else [f"images={options.images}"]
    return [f"split={SPLIT}", *images, f"train_images={options.train_images}", f"segmenter.{segmenter}"]


def begin_measuring(options: CompareNormsOptions, run: StudyRun) -> None:
    """Writes down what is about to be measured, for `is_measured`; takes away what was there before."""
    shutil.rmtree(results_folder(options, run), ignore_errors=True)
    file = _asked_file(options, run)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_text_atomically(file, json.dumps(_protocol_words(options)) + "\n")


def is_measured(options: CompareNormsOptions, run: StudyRun) -> bool:
    """Whether these weights have been measured as is asked for now, with the segmenter as it is now.

    That of `segmenter_path` is known by its name alone where scripts/train_segmenter.py did not make it.
    """
    metrics, asked = results_folder(options, run) / METRICS, _asked_file(options, run)
    if not metrics.is_file() or not asked.is_file():
        return False
    if asked.read_text(encoding="utf-8") != json.dumps(_protocol_words(options)) + "\n":
        return False
    segmenter = segmenter_folder(options) / DESCRIPTION
    sources = [asked, weights_file(run.folder, run.images)]
    sources += [segmenter] if options.segmenter_images and segmenter.is_file() else []
    return all(file.stat().st_mtime_ns <= metrics.stat().st_mtime_ns for file in sources)


def _asked_file(options: CompareNormsOptions, run: StudyRun) -> Path:
    return Path(options.out) / options.name / "logs" / f"{run.name}-test.json"
