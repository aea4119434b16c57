"""Writes and prints what an evaluation found: metrics.json, the page, and lines for the terminal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.run_log import read_log
from engine.runtime.distributed import Processes, gather
from evaluation.evaluate import Evaluation
from evaluation.gallery import Gallery
from evaluation.protocol import METRICS_FILE, Protocol, write_metrics
from evaluation.report.metrics_table import numbers_text
from evaluation.report.page import write_report


def write_results(
    folder: Path,
    title: str,
    protocol: Protocol,
    evaluation: Evaluation | None,
    gallery: Gallery | None,
    notes: list[str],
    processes: Processes,
    run: Path | None = None,
    shown: int | None = None,
) -> None:
    """Gathers what all processes found; the main process writes it to `folder` and prints it.

    `evaluation`: None where nothing was measured; `run`: the run whose curves the page shows; `shown`: the
    most label maps on the page, None for all.
    """
    rows = [row for part in gather([] if gallery is None else gallery.rows, processes) for row in part]
    scores = gather({} if evaluation is None else evaluation.scores, processes)
    if not processes.is_main:
        return
    if evaluation is None:
        (folder / METRICS_FILE).unlink(missing_ok=True)  # of an earlier generator
    else:
        evaluation = replace(
            evaluation, scores={name: values for part in scores for name, values in part.items()}
        )
        write_metrics(folder / METRICS_FILE, evaluation.rows, protocol, evaluation.by_class, notes)
        print(numbers_text(evaluation.rows, protocol))
    for note in notes:
        print(note)
    label_set = None if gallery is None else gallery.label_set
    measured = None if evaluation is None else protocol
    curves = [] if run is None else read_log(run)
    page = write_report(folder, title, rows, label_set, evaluation, measured, curves, notes, shown)
    images = f"{len(rows)} label maps, images in {folder / 'images'}; " if rows else ""
    print(f"{images}the gallery is\n{page}")
