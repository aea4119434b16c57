"""Compares runs that test.py has measured: `python scripts/compare_runs.py RUN RUN ...`.

Prints one table and leaves it in OUT as table.md and table.csv, with index.html (sortable, and the pictures
of all runs from the same label maps beside each other) and sheet.png.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from evaluation.contact_sheet import contact_sheet
from evaluation.protocol import METRICS
from evaluation.report.comparison import write_comparison
from evaluation.studies.comparison import Measured, as_csv, as_markdown, as_text, compare, read_measured
from evaluation.studies.side_by_side import differing_warning, gather_pictures, spread
from options.cli import one_line_errors

MOST_ON_SHEET = 12


def find_results(run: str, results: Path, split: str) -> Path:
    """RESULTS/RUN/SPLIT, or RUN itself where it is a folder that test.py wrote."""
    path = Path(run).expanduser()
    return path if (path / METRICS).is_file() else results / run / split


def read_runs(runs: list[str], results: Path, split: str) -> list[Measured]:
    """What was measured of each run; names are told apart by their folders where they are the same."""
    if len(runs) < 2:
        raise ValueError(f"{len(runs)} run to compare: name two or more")
    folders = [find_results(run, results, split) for run in runs]
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise ValueError(f"{' '.join(runs)}: the same results twice; name each run once")
    return [read_measured(folder, run) for run, folder in zip(runs, folders)]


def compare_runs(measured: list[Measured], out: Path, pictures: int) -> None:
    """Writes and prints the comparison."""
    out.mkdir(parents=True, exist_ok=True)
    table = compare(measured)
    names = [each.name for each in measured]
    rows, differing = gather_pictures([each.folder for each in measured], out, pictures)
    if differing:
        table.warnings.append(differing_warning(differing))
    (out / "table.md").write_text(as_markdown(table), encoding="utf-8")
    (out / "table.csv").write_text(as_csv(table), encoding="utf-8")
    if rows:
        contact_sheet(spread(rows, MOST_ON_SHEET), out, captions=names).save(out / "sheet.png")
    print(as_text(table))
    for warning in table.warnings:
        print(f"warning: {warning}")
    page = write_comparison(out, names, table, rows)
    print(f"tables in {out}; {len(rows)} label maps side by side in\n{page}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Compare runs that test.py has measured.")
    parser.add_argument("runs", nargs="+", metavar="RUN", help="a run's name, or a folder that test.py wrote")
    parser.add_argument("--results", type=Path, default=Path("results"), help="where test.py wrote (results)")
    parser.add_argument("--split", default="val")
    parser.add_argument("--out", type=Path, default=Path("results/comparison"))
    parser.add_argument("--pictures", type=int, default=48, help="label maps on the page (48)")
    given = parser.parse_args()
    with one_line_errors():
        compare_runs(read_runs(given.runs, given.results, given.split), given.out, given.pictures)


if __name__ == "__main__":
    main()
