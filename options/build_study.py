"""From options of a study to its runs, and the commands that train and measure them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.override_parser.types import Quote, QuotedString

from engine.run_files import latest_images, weights_file
from evaluation.comparison import read_measured
from evaluation.protocol import METRICS
from evaluation.segmenters.trained import is_trained_here
from options.build_metrics import SEGMENTERS
from options.checks import check, resolve
from options.command import CONFIGS, composed, plain
from options.run_folder import CONFIG, read_options, run_folder
from options.schema import CompareNormsOptions, TrainOptions

PROJECT = CONFIGS.parent
SPLIT = "val"
SPEED_ROWS = 10
"""Rows of the log of a run that measures speed."""
OF_THE_MACHINE = ("name", "resume", "dataset.root", "hardware.")
"""Options that may differ between the parts of a study."""


@dataclass(frozen=True)
class StudyRun:
    """An ordinary run of train.py: `words` are what it is told, `options` what they come to."""

    row: str
    name: str
    words: tuple[str, ...]
    options: TrainOptions

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return run_folder(self.name)

    @property
    def images(self) -> int:
        """Its length."""
        assert self.options.train.images is not None, "_study_run has seen to it"
        return self.options.train.images

    def is_trained(self) -> bool:
        """Whether it has been trained to its end; ValueError where a run of its name is another one."""
        if not (self.folder / CONFIG).is_file():
            return False
        stored, asked = _flat(plain(read_options(self.folder))), _flat(plain(self.options))
        for name in sorted(stored.keys() | asked.keys()):
            if stored.get(name) != asked.get(name) and not name.startswith(OF_THE_MACHINE):
                raise ValueError(
                    f"{self.folder} was trained with {name}={stored.get(name)}, not {asked.get(name)}; "
                    "remove it, or give the study another name=..."
                )
        return latest_images(self.folder) == self.images


def chosen_rows(options: CompareNormsOptions) -> list[str]:
    """The rows of the table; ValueError where they are none, or unknown."""
    rows = list(options.rows) if options.only is None else options.only
    for row in rows:
        if row not in options.rows:
            raise ValueError(f"only={row}: no such row; choose among {', '.join(options.rows)}")
        if not row.replace("_", "").isalnum():
            raise ValueError(f"rows.{row}: a row's name is part of a folder's; use letters, digits and _")
    if not rows or not options.seeds:
        raise ValueError(f"only={rows}, seeds={options.seeds}: give at least one of each")
    return rows


def study_runs(options: CompareNormsOptions) -> list[StudyRun]:
    """Every row with every seed, seed by seed, so that a study that is stopped half-way has each row."""
    rows = chosen_rows(options)
    return [
        _study_run(options, row, f"seed{seed}", (f"seed={seed}",)) for seed in options.seeds for row in rows
    ]


def speed_runs(options: CompareNormsOptions) -> list[StudyRun]:
    """A short run of each row; none where `speed_images` is 0."""
    length = options.speed_images
    words = (f"train.images={length}", f"train.log_every_images={max(1, length // SPEED_ROWS)}")
    return [_study_run(options, row, "speed", words) for row in chosen_rows(options)] if length else []


def _study_run(options: CompareNormsOptions, row: str, end: str, words: tuple[str, ...]) -> StudyRun:
    """All are composed and checked before the first is trained."""
    name = f"{options.name}-{row}-{end}"
    told = (
        f"experiment=compare_{options.study}", *options.rows[row], *_root(options), *options.words,
        f"hardware.threads={options.threads}", *words, f"name={name}",
    )  # fmt: skip
    asked = composed("train", TrainOptions, list(told))
    resolve(asked)
    check(asked)
    if asked.train.images is None:
        raise ValueError("a study compares runs of one number of images: set train.images, not train.minutes")
    return StudyRun(row, name, told, asked)


def train_command(run: StudyRun) -> tuple[str, ...]:
    """Begins the run, or goes on with it."""
    return sys.executable, str(PROJECT / "train.py"), *run.words, "resume=true"


def segmenter_folder(options: CompareNormsOptions) -> Path:
    """The study's own segmenter."""
    return SEGMENTERS / options.name


def segmenter_command(options: CompareNormsOptions, run: StudyRun) -> tuple[str, ...] | None:
    """Trains the segmenter; None where there is one, or none is wanted."""
    if not options.segmenter_images or is_trained_here(segmenter_folder(options)):
        return None
    dataset = run.options.dataset
    told = (
        f"dataset={dataset.name}", *_root(options), f"dataset.height={dataset.height}",
        f"dataset.width={dataset.width}", f"name={options.name}", f"images={options.segmenter_images}",
        f"hardware.workers={run.options.hardware.workers}",
    )  # fmt: skip
    return sys.executable, str(PROJECT / "scripts" / "train_segmenter.py"), *told


def results_folder(options: CompareNormsOptions, run: StudyRun) -> Path:
    """Where test.py leaves what it measures."""
    return Path(options.out) / options.name / run.name / SPLIT


def is_measured(options: CompareNormsOptions, run: StudyRun) -> bool:
    """Whether this very checkpoint has been measured, on as many pictures as are asked for."""
    folder, weights = results_folder(options, run), weights_file(run.folder, run.images)
    file = folder / METRICS
    if not file.is_file() or file.stat().st_mtime < weights.stat().st_mtime:
        return False
    measured = read_measured(folder, run.name)
    has_miou = any(name.startswith("miou") for name in measured.names)
    return options.images in (None, measured.protocol["count"]) and has_miou == bool(options.segmenter_images)


def measure_command(options: CompareNormsOptions, run: StudyRun) -> tuple[str, ...]:
    """Generates from the val split, in the style of its own photo where the norm takes one, and measures."""
    told = [f"name={run.name}", f"split={SPLIT}", f"folder={_quoted(str(results_folder(options, run)))}"]
    told += [f"out={_quoted(str(Path(options.out) / options.name))}", *_root(options)]
    told += [f"train_images={options.train_images}", f"hardware.workers={run.options.hardware.workers}"]
    told += [f"images={options.images}"] if options.images is not None else []
    segmenter = "path=" + _quoted(str(segmenter_folder(options))) if options.segmenter_images else "kind=none"
    return sys.executable, str(PROJECT / "test.py"), *told, f"segmenter.{segmenter}"


def _root(options: CompareNormsOptions) -> tuple[str, ...]:
    return () if options.root is None else (f"dataset.root={_quoted(options.root)}",)


def _quoted(value: str) -> str:
    return QuotedString(value, Quote.single).with_quotes()


def _flat(options: dict[str, Any], start: str = "") -> dict[str, Any]:
    """Options of groups by their whole names: generator.width."""
    return dict(_entries(options, start))


def _entries(options: dict[str, Any], start: str) -> Iterator[tuple[str, Any]]:
    for name, value in options.items():
        if isinstance(value, dict):
            yield from _entries(value, f"{start}{name}.")
        else:
            yield start + name, value
