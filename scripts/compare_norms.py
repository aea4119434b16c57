"""Compares the norms in one generator: `python scripts/compare_norms.py`, with jobs=2 two at a time.

Every row is trained with every seed as an ordinary run, checkpoints/NAME-ROW-SEED, and measured by test.py.
Stopped, the same command goes on; what is there already is not made again. At the end OUT/NAME holds
table.md and table.csv (means over the seeds, with their spread), runs.csv and sheet.jpg. With published=FILE
it says which figures differ from those of FILE by more than seeds do.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from options.cli import command
from options.schema import CompareNormsOptions
from options.schema.networks import CinOptions, ImageEncoderOptions, RegionStyleOptions

if TYPE_CHECKING:
    from torch import nn

    from evaluation.studies.jobs import Job
    from evaluation.studies.reproduction import Published
    from evaluation.studies.seed_table import SeedTable, SetUp
    from inference.load import Run
    from options.build.study import StudyRun

CELL = 96
"""Width in pixels of a picture on the sheet."""
JPEG_QUALITY = 90


def start(options: CompareNormsOptions, overrides: list[str]) -> None:
    """Trains, measures and compares; exit status 75 where it was asked to stop before."""
    # What imports torch is imported here: --help and mistyped options are answered without it.
    from engine.runtime.interrupts import INTERRUPTED, StopRequest
    from evaluation.studies.jobs import Job, Jobs
    from evaluation.studies.reproduction import as_text, reproduced
    from options.build.study import speed_runs, study_runs
    from options.build.study_evaluation import (
        begin_measuring,
        is_measured,
        measure_command,
        segmenter_command,
    )

    runs, timed, out = study_runs(options), speed_runs(options), Path(options.out) / options.name
    published = published_table(options)
    to_train = [run for run in runs if not run.is_trained()]
    timed_now = [run for run in timed if not run.is_trained()]
    stop = StopRequest()
    several, alone = (Jobs(count, options.threads, stop) for count in (options.jobs, 1))
    logs = out / "logs"
    taught = segmenter_command(options, runs[0])
    teaching = [] if taught is None else [Job("train the segmenter", taught, logs / "segmenter.txt")]
    done = several.run([_training(run, logs) for run in to_train]) and several.run(teaching)
    to_measure = [run for run in runs if done and not is_measured(options, run)]
    for run in to_measure:
        begin_measuring(options, run)
    measuring = [
        Job(f"measure {run.name}", measure_command(options, run), logs / f"{run.name}-test.txt")
        for run in to_measure
    ]
    done = done and several.run(measuring) and alone.run([_training(run, logs) for run in timed_now])
    if not done:
        print("stopped; the same command goes on")
        raise SystemExit(INTERRUPTED)
    table = write_study(options, runs, timed, out)
    if published is not None:
        print(as_text(*reproduced(table, published)))


def published_table(options: CompareNormsOptions) -> Published | None:
    """The table to compare with, if there is to be one; ValueError where it is none of these rows."""
    from evaluation.studies.reproduction import read_published
    from options.build.study import chosen_rows

    if options.published is None:
        return None
    return read_published(Path(options.published), chosen_rows(options), len(options.seeds))


def _training(run: StudyRun, logs: Path) -> Job:
    from evaluation.studies.jobs import Job
    from options.build.study import train_command

    return Job(f"train {run.name}", train_command(run), logs / f"{run.name}.txt")


def write_study(
    options: CompareNormsOptions, runs: list[StudyRun], timed: list[StudyRun], out: Path
) -> SeedTable:
    """The tables, of which one is printed and answered, and the sheet.

    Raises ValueError where a run's results or its checkpoint are damaged.
    """
    from evaluation.studies import seed_table
    from evaluation.studies.comparison import as_csv, compare, read_measured
    from evaluation.studies.seed_table import over_seeds
    from options.build.study_evaluation import results_folder

    measured = [read_measured(results_folder(options, run), run.name) for run in runs]
    comparison = compare(measured)
    speeds = {run.row: images_per_second(run.folder) for run in timed}
    of_row: dict[str, list[StudyRun]] = {}
    for run in runs:
        of_row.setdefault(run.row, []).append(run)
    set_ups = [set_up(row, of_seeds, speeds.get(row)) for row, of_seeds in of_row.items()]
    table = over_seeds(comparison, set_ups)
    (out / "table.md").write_text(seed_table.as_markdown(table), encoding="utf-8")
    (out / "table.csv").write_text(seed_table.as_csv(table), encoding="utf-8")
    (out / "runs.csv").write_text(as_csv(comparison), encoding="utf-8")
    pictured = {row: results_folder(options, of_seeds[0]) for row, of_seeds in of_row.items()}
    print((out / "table.md").read_text(encoding="utf-8"))
    for warning in write_sheet(options, pictured, out):
        print(f"warning: {warning}")
    print(f"the study is in {out}")
    return table


def write_sheet(options: CompareNormsOptions, pictured: dict[str, Path], out: Path) -> list[str]:
    """Draws sheet.jpg, a column for each row of the table; answers what is amiss."""
    from evaluation.contact_sheet import contact_sheet
    from evaluation.studies.side_by_side import differing_warning, gather_pictures

    rows, differing = gather_pictures(list(pictured.values()), out / "sheet", options.sheet_rows)
    if not rows:
        (out / "sheet.jpg").unlink(missing_ok=True)
        return ["the rows have no label map in common: there is no sheet.jpg"]
    rows = rows if options.sheet_photos else [replace(row, photo=None) for row in rows]
    sheet = contact_sheet(rows, out / "sheet", CELL, captions=list(pictured))
    sheet.save(out / "sheet.jpg", quality=JPEG_QUALITY)
    return [differing_warning(differing)] if differing else []


def set_up(row: str, runs: list[StudyRun], speed: float | None) -> SetUp:
    """What is known of a row without measuring its pictures; ValueError where its checkpoint is damaged."""
    from evaluation.studies.seed_table import SetUp
    from inference.load import open_run
    from options.build.networks import build_generator

    run = open_run(runs[0].name)
    G = build_generator(run.options, run.info)
    encoder = None if G.encoder is None else parameters(G.encoder)
    names = tuple(each.name for each in runs)
    return SetUp(row, names, style_source(run), parameters(G.generator), encoder, speed)


def style_source(run: Run) -> str:
    """What a generated picture's style is taken from when test.py measures, in words."""
    if isinstance(run.options.encoder, RegionStyleOptions):
        return "photo, by region"
    if isinstance(run.options.encoder, ImageEncoderOptions):
        return "photo"
    return "style id" if isinstance(run.options.norm, CinOptions) else "–"


def parameters(network: nn.Module) -> int:
    """How many numbers it learns."""
    return sum(weight.numel() for weight in network.parameters())


def images_per_second(run: Path) -> float | None:
    """The median of the log's rows but the first, which warms up; None where there are no others."""
    from engine.run_log import read_log

    rows = [row["images_per_second"] for row in read_log(run) if "images_per_second" in row]
    return median(rows[1:]) if len(rows) > 1 else None


if __name__ == "__main__":
    command("compare_norms", CompareNormsOptions, start)
