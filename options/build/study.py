"""From options of a study to its runs, and the commands that train them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any

from engine.checkpoint.checkpoint_paths import latest_images, weights_file
from options.cli import composed, quoted
from options.run_config import CONFIG, read_options, run_folder
from options.schema import CONFIGS, CompareNormsOptions, TrainOptions
from options.validation import check, resolve

PROJECT = CONFIGS.parent
SPEED_ROWS = 10
"""Rows of the log of a run that measures speed."""
OF_THE_FOLDER = ("name", "resume", "dataset.root", "hardware.num_workers")
"""Options that may differ between the parts of a study."""
OF_THE_MACHINE = (*OF_THE_FOLDER, "hardware.device", "hardware.threads")
"""Those that may differ where speed is not what is measured."""


@dataclass(frozen=True)
class StudyRun:
    """An ordinary run of train.py.

    `words`: what it is told; `options`: what they come to; `may_differ`: beginnings of the options' names by
    which a run that is there may differ from it.
    """

    row: str
    name: str
    words: tuple[str, ...]
    options: TrainOptions
    may_differ: tuple[str, ...] = OF_THE_MACHINE

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return run_folder(self.name)

    @property
    def images(self) -> int:
        """Its length: it ends with a whole batch."""
        train = self.options.train
        assert train.images is not None, "_study_run has seen to it"
        return ceil(train.images / train.batch_size) * train.batch_size

    def is_trained(self) -> bool:
        """Whether it has been trained to its end.

        Raises ValueError where a run of its name is another one, or has lost its weights.
        """
        if not (self.folder / CONFIG).is_file():
            return False
        stored, asked = _flat(asdict(read_options(self.folder))), _flat(asdict(self.options))
        for name in sorted(stored.keys() | asked.keys()):
            if stored.get(name) != asked.get(name) and not name.startswith(self.may_differ):
                raise ValueError(
                    f"{self.folder} was trained with {name}={stored.get(name)}, not {asked.get(name)}; "
                    "remove it, or give the study another name=..."
                )
        if latest_images(self.folder) != self.images:
            return False
        weights = weights_file(self.folder, self.images)
        if not weights.is_file():
            raise ValueError(f"{weights} is absent, though the run has ended; remove {self.folder}")
        return True


def chosen_rows(options: CompareNormsOptions) -> list[str]:
    """The rows of the table; ValueError where they are none, unknown, or there twice."""
    rows = list(options.rows) if options.only is None else options.only
    for row in rows:
        if row not in options.rows:
            raise ValueError(f"only={row}: no such row; choose among {', '.join(options.rows)}")
        if not row.replace("_", "").isalnum():
            raise ValueError(f"rows.{row}: a row's name is part of a folder's; use letters, digits and _")
    if not rows or not options.seeds:
        raise ValueError(f"only={rows}, seeds={options.seeds}: give at least one of each")
    for name, given in (("only", rows), ("seeds", options.seeds)):
        if len(set(given)) < len(given):
            raise ValueError(f"{name}={given}: give each once, as it is the name of a run")
    return rows


def study_runs(options: CompareNormsOptions) -> list[StudyRun]:
    """Every row with every seed, seed by seed, so that a study that is stopped half-way has each row.

    Raises ValueError for options that are wrong.
    """
    rows = chosen_rows(options)
    return [
        _study_run(options, row, f"seed{seed}", (f"seed={seed}",)) for seed in options.seeds for row in rows
    ]


def speed_runs(options: CompareNormsOptions) -> list[StudyRun]:
    """A short run of each row; none where `speed_images` is 0. Raises ValueError as `study_runs` does."""
    length = options.speed_images
    words = (f"train.images={length}", f"train.log_every_images={max(1, length // SPEED_ROWS)}")
    runs = [_study_run(options, row, "speed", words) for row in chosen_rows(options)] if length else []
    return [replace(run, may_differ=OF_THE_FOLDER) for run in runs]


def _study_run(options: CompareNormsOptions, row: str, end: str, words: tuple[str, ...]) -> StudyRun:
    """All are composed and checked before the first is trained."""
    name = f"{options.name}-{row}-{end}"
    told = (
        f"experiment=compare_{options.study}", *options.rows[row], *root_words(options), *options.overrides,
        f"hardware.threads={options.threads}", *words, f"name={name}",
    )  # fmt: skip
    asked = composed("train", TrainOptions, list(told))
    resolve(asked)
    check(asked)
    if asked.train.images is None:
        minutes, epochs = asked.train.minutes, asked.train.epochs
        raise ValueError(
            f"{row}: train.minutes={minutes}, train.epochs={epochs}: a study compares runs of one number of"
            " images; set train.images alone"
        )
    return StudyRun(row, name, told, asked)


def train_command(run: StudyRun) -> tuple[str, ...]:
    """Begins the run, or goes on with it."""
    return sys.executable, str(PROJECT / "train.py"), *run.words, "resume=true"


def root_words(options: CompareNormsOptions) -> tuple[str, ...]:
    """Where the data set is, if it has a folder."""
    return () if options.root is None else (f"dataset.root={quoted(options.root)}",)


def _flat(options: dict[str, Any], start: str = "") -> dict[str, Any]:
    """Options of groups by their whole names: generator.width."""
    return dict(_entries(options, start))


def _entries(options: dict[str, Any], start: str) -> Iterator[tuple[str, Any]]:
    for name, value in options.items():
        if isinstance(value, dict):
            yield from _entries(value, f"{start}{name}.")
        else:
            yield start + name, value
