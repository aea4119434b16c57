"""A study from beginning to end: its runs are trained and measured, then compared in tables and a sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pandas import DataFrame
from torch import nn

from engine.runtime.interrupts import INTERRUPTED, StopRequest
from evaluation.contact_sheet import contact_sheet
from evaluation.studies import reproduction, seed_table
from evaluation.studies.comparison import compare, read_results
from evaluation.studies.jobs import run_jobs
from evaluation.studies.pictures import gather_pictures
from inference.load import open_run
from options.build.networks import build_generator
from options.schema import CompareNormsOptions
from scripts.comparing.runs import (
    StudyRun,
    chosen_rows,
    segmenter_training,
    speed_runs,
    study_folder,
    study_runs,
)

CELL = 96
"""Width in pixels of a picture on the sheet."""
JPEG_QUALITY = 90
STYLE_SOURCES = {"region_style": "photo, by region", "image": "photo"}
"""What a picture's style is taken from when test.py measures, by the encoder."""


def run_study(study: CompareNormsOptions) -> None:
    """Trains, measures and compares; exit status 75 where it was asked to stop before."""
    runs, timed, published = study_runs(study), speed_runs(study), None
    if study.published is not None:
        file = Path(study.published)
        published = reproduction.read_published(file, chosen_rows(study), len(study.seeds))
    if not finish_runs(study, runs, timed):
        print("stopped; the same command goes on")
        raise SystemExit(INTERRUPTED)
    table = write_study(study, runs, timed)
    if published is not None:
        print(reproduction.as_text(*reproduction.reproduced(table, published)))


def finish_runs(study: CompareNormsOptions, runs: Sequence[StudyRun], timed: Sequence[StudyRun]) -> bool:
    """Trains and measures what is not there yet; returns False where it was asked to stop."""
    stop = StopRequest()
    training, timing = ([run.training() for run in of if not run.is_trained()] for of in (runs, timed))
    if not run_jobs([*training, *segmenter_training(study, runs[0])], study.jobs, study.threads, stop):
        return False
    to_measure = [run for run in runs if not run.is_measured()]
    for run in to_measure:
        run.begin_measuring()
    measured = run_jobs([run.measuring() for run in to_measure], study.jobs, study.threads, stop)
    return measured and run_jobs(timing, 1, study.threads, stop)  # alone on the machine


def write_study(study: CompareNormsOptions, runs: Sequence[StudyRun], timed: Sequence[StudyRun]) -> DataFrame:
    """Writes the tables, of which one is printed and returned, and the sheet.

    Raises ValueError where a run's results or its checkpoint are damaged.
    """
    out = study_folder(study)
    comparison = compare([read_results(run.results, run.name) for run in runs])
    by_row = {row: [run for run in runs if run.row == row] for row in chosen_rows(study)}
    names = {row: [run.name for run in of_row] for row, of_row in by_row.items()}
    speeds = {run.row: run.images_per_second() for run in timed}
    details = {row: row_details(of_row[0], speeds.get(row)) for row, of_row in by_row.items()}
    table = seed_table.seed_table(comparison, names, DataFrame.from_dict(details, orient="index"))
    text = seed_table.as_markdown(table, comparison.warnings)
    (out / "table.md").write_text(text, encoding="utf-8")
    table.to_csv(out / "table.csv")
    comparison.values().to_csv(out / "runs.csv")
    print(text)
    for warning in write_sheet(study, {row: of_row[0].results for row, of_row in by_row.items()}, out):
        print(f"warning: {warning}")
    print(f"the study is in {out}")
    return table


def write_sheet(study: CompareNormsOptions, results: Mapping[str, Path], out: Path) -> list[str]:
    """Draws sheet.jpg, a column for each row of the table, from its results folder; returns warnings."""
    rows, warnings = gather_pictures(list(results.values()), out / "sheet", study.sheet_rows)
    if not rows:
        (out / "sheet.jpg").unlink(missing_ok=True)
        return ["the rows have no label map in common: there is no sheet.jpg"]
    rows = rows if study.sheet_photos else [replace(row, photo=None) for row in rows]
    contact_sheet(rows, out / "sheet", CELL, captions=list(results)).save(
        out / "sheet.jpg", quality=JPEG_QUALITY
    )
    return warnings


def row_details(run: StudyRun, speed: float | None) -> dict[str, object]:
    """What is known of a row without its pictures; ValueError where its checkpoint is damaged."""
    opened = open_run(run.name)
    G = build_generator(opened.options, opened.info)
    of_norm = "style id" if opened.options.norm.name == "cin" else "–"
    return {
        "style_from": STYLE_SOURCES.get(opened.options.encoder.name, of_norm),
        "generator_parameters": parameters(G.generator),
        "encoder_parameters": None if G.encoder is None else parameters(G.encoder),
        "images_per_second": speed,
    }


def parameters(network: nn.Module) -> int:
    """How many numbers it learns."""
    return sum(weight.numel() for weight in network.parameters())
