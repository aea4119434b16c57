"""The runs of a study, from its options: what is there already, and the commands that make the rest."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from statistics import median

from pandas import json_normalize

from data.atomic_write import write_text_atomically
from engine.checkpoint.checkpoint_paths import CONFIG, latest_images, run_folder, weights_file
from engine.run_log import read_log
from evaluation.protocol import METRICS_FILE
from evaluation.segmenters import trained
from evaluation.segmenters.trained import DESCRIPTION, is_trained_here, read_description
from evaluation.studies.jobs import Job
from options.cli import composed, quoted
from options.run_config import read_options
from options.schema import CONFIGS, CompareNormsOptions, TrainOptions, TrainSegmenterOptions
from options.validation import check, resolve

SPLIT = "val"
SPEED_ROWS = 10
"""Rows of the log of a run that measures speed."""
OF_THE_FOLDER = ("name", "resume", "dataset.root", "hardware.num_workers")
"""Options that may differ between the parts of a study."""
OF_THE_MACHINE = ("hardware.device", "hardware.threads")
"""Those that may differ where speed is not what is measured."""


@dataclass(frozen=True)
class StudyRun:
    """An ordinary run of train.py.

    `overrides`: what train.py is given, `options`: what they come to; `images`: its length, as it ends with a
    whole batch; `may_differ`: options in which a run that is there already may differ from it.
    """

    study: CompareNormsOptions
    row: str
    name: str
    overrides: tuple[str, ...]
    options: TrainOptions
    images: int
    may_differ: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return run_folder(self.name)

    @property
    def results(self) -> Path:
        """Where test.py leaves what it measures."""
        return study_folder(self.study) / self.name / SPLIT

    def is_trained(self) -> bool:
        """Whether it has been trained to its end.

        Raises ValueError where a run of its name is another one, or has lost its weights.
        """
        if not (self.folder / CONFIG).is_file():
            return False
        both = asdict(read_options(self.folder)), asdict(self.options)
        stored, asked = (json_normalize(each).to_dict("records")[0] for each in both)  # generator.width: 32
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

    def training(self) -> Job:
        """Begins the run, or goes on with it."""
        return _job(self.study, "train.py", self.name, f"train {self.name}", *self.overrides, "resume=true")

    def is_measured(self) -> bool:
        """Whether these weights have been measured as is asked for now, with the segmenter as it is now.

        A segmenter that scripts/train_segmenter.py did not make is known by its name alone.
        """
        measured, asked = self.results / METRICS_FILE, self._asked_file()
        if not measured.is_file() or not asked.is_file() or asked.read_text("utf-8") != self._asked():
            return False
        segmenter = segmenter_folder(self.study) / DESCRIPTION
        sources = [asked, weights_file(self.folder, self.images)]
        sources += [segmenter] if self.study.segmenter_images and segmenter.is_file() else []
        return all(file.stat().st_mtime_ns <= measured.stat().st_mtime_ns for file in sources)

    def begin_measuring(self) -> None:
        """Writes down what is about to be measured, for `is_measured`; removes what was there before."""
        shutil.rmtree(self.results, ignore_errors=True)
        self._asked_file().parent.mkdir(parents=True, exist_ok=True)
        write_text_atomically(self._asked_file(), self._asked())

    def measuring(self) -> Job:
        """Generates from val, in the style of its own photo where the norm takes one, and measures."""
        overrides = (
            f"name={self.name}", _path("folder", self.results), _path("out", study_folder(self.study)),
            *_root(self.study), _workers(self), *self._protocol(),
        )  # fmt: skip
        return _job(self.study, "test.py", f"{self.name}-test", f"measure {self.name}", *overrides)

    def images_per_second(self) -> float | None:
        """The median of the log's rows but the first, which warms up; None where there are no others."""
        rows = [row["images_per_second"] for row in read_log(self.folder) if "images_per_second" in row]
        return median(rows[1:]) if len(rows) > 1 else None

    def _protocol(self) -> list[str]:
        """Those of test.py's overrides that the values depend on."""
        study = self.study
        images = [] if study.images is None else [f"images={study.images}"]
        with_path = _path("segmenter.path", segmenter_folder(study))
        segmenter = with_path if study.segmenter_images else "segmenter.kind=none"
        return [f"split={SPLIT}", *images, f"train_images={study.train_images}", segmenter]

    def _asked(self) -> str:
        return json.dumps(self._protocol()) + "\n"

    def _asked_file(self) -> Path:
        return study_folder(self.study) / "logs" / f"{self.name}-test.json"


def chosen_rows(study: CompareNormsOptions) -> list[str]:
    """The rows of the table; ValueError where they are none, unknown, or there twice."""
    rows = list(study.rows) if study.only is None else study.only
    for row in rows:
        if row not in study.rows:
            raise ValueError(f"only={row}: no such row; choose among {', '.join(study.rows)}")
        if not row.replace("_", "").isalnum():
            raise ValueError(f"rows.{row}: a row's name is part of a folder's; use letters, digits and _")
    if not rows or not study.seeds:
        raise ValueError(f"only={rows}, seeds={study.seeds}: give at least one of each")
    for name, given in (("only", rows), ("seeds", study.seeds)):
        if len(set(given)) < len(given):
            raise ValueError(f"{name}={given}: give each once, as it is the name of a run")
    return rows


def study_runs(study: CompareNormsOptions) -> list[StudyRun]:
    """Every row with every seed, seed by seed, so that a study that is stopped half-way has each row.

    All are composed and checked before the first is trained: raises ValueError for options that are wrong.
    """
    rows, may_differ = chosen_rows(study), OF_THE_FOLDER + OF_THE_MACHINE
    return [
        _compose(study, row, f"seed{seed}", [f"seed={seed}"], may_differ)
        for seed in study.seeds
        for row in rows
    ]


def speed_runs(study: CompareNormsOptions) -> list[StudyRun]:
    """A short run of each row; none where `speed_images` is 0. Raises ValueError as `study_runs` does."""
    length = study.speed_images
    own = [f"train.images={length}", f"train.log_every_images={max(1, length // SPEED_ROWS)}"]
    rows = chosen_rows(study) if length else []
    return [_compose(study, row, "speed", own, OF_THE_FOLDER) for row in rows]


def _compose(
    study: CompareNormsOptions, row: str, end: str, own: Sequence[str], may_differ: tuple[str, ...]
) -> StudyRun:
    name = f"{study.name}-{row}-{end}"
    overrides = (
        f"experiment=compare_{study.study}", *study.rows[row], *_root(study), *study.overrides,
        f"hardware.threads={study.threads}", *own, f"name={name}",
    )  # fmt: skip
    options = composed("train", TrainOptions, list(overrides))
    resolve(options)
    check(options)
    train = options.train
    if train.images is None:
        raise ValueError(
            f"{row}: train.minutes={train.minutes}, train.epochs={train.epochs}: a study compares runs of one"
            " number of images; set train.images alone"
        )
    images = ceil(train.images / train.batch_size) * train.batch_size
    return StudyRun(study, row, name, overrides, options, images, may_differ)


def study_folder(study: CompareNormsOptions) -> Path:
    """OUT/NAME, where the study leaves what it finds."""
    return Path(study.out) / study.name


def segmenter_folder(study: CompareNormsOptions) -> Path:
    """The study's own segmenter, or the one that its options name."""
    return trained.SEGMENTERS / study.name if study.segmenter_path is None else Path(study.segmenter_path)


def segmenter_training(study: CompareNormsOptions, run: StudyRun) -> list[Job]:
    """Trains the segmenter on the data set as the study has it; no job where it is there, or none is wanted.

    Raises ValueError where the one that is there was trained otherwise, the one to take is not there, or it
    would be trained on less than a batch.
    """
    folder, images, batch = segmenter_folder(study), study.segmenter_images, TrainSegmenterOptions.batch_size
    if not images:
        return []
    if images < batch:
        raise ValueError(f"segmenter_images={images}: give {batch} or more, one batch, or 0 for no mIoU")
    if study.segmenter_path is not None:
        if not folder.exists():
            raise ValueError(
                f"segmenter_path={folder}: there is none; make one with scripts/train_segmenter.py"
            )
        return []
    dataset = run.options.dataset
    if not is_trained_here(folder):
        overrides = (
            f"dataset={dataset.name}", *_root(study),
            *(each for each in study.overrides if each.startswith("dataset.")),
            f"dataset.height={dataset.height}", f"dataset.width={dataset.width}", f"name={study.name}",
            f"images={images}", _workers(run),
        )  # fmt: skip
        return [_job(study, "scripts/train_segmenter.py", "segmenter", "train the segmenter", *overrides)]
    found = read_description(folder)
    asked = {"dataset": dataset.name, "height": dataset.height, "width": dataset.width}
    for name, value in (asked | {"images": images // batch * batch}).items():
        if getattr(found, name) != value:
            raise ValueError(
                f"{folder} was trained with {name}={getattr(found, name)}, not {value}; remove it, give the "
                "study another name=..., or take it as it is with segmenter_path=..."
            )
    return []


def _job(study: CompareNormsOptions, script: str, log: str, title: str, *overrides: str) -> Job:
    command = (sys.executable, str(CONFIGS.parent / script), *overrides)
    return Job(title, command, study_folder(study) / "logs" / f"{log}.txt")


def _root(study: CompareNormsOptions) -> list[str]:
    """Where the data set is, if it has a folder."""
    return [] if study.root is None else [_path("dataset.root", study.root)]


def _path(option: str, path: str | Path) -> str:
    return f"{option}={quoted(str(path))}"


def _workers(run: StudyRun) -> str:
    return f"hardware.num_workers={run.options.hardware.num_workers}"
