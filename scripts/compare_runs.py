"""Compares runs that test.py has measured: `python scripts/compare_runs.py RUN RUN ...`.

Prints one table and leaves it in OUT as table.md and table.csv, with index.html (sortable, and the pictures
of all runs from the same label maps beside each other) and sheet.png.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from evaluation.contact_sheet import contact_sheet
from evaluation.protocol import METRICS_FILE
from evaluation.studies.comparison import Results, as_markdown, compare, read_results, write_comparison
from evaluation.studies.pictures import evenly, gather_pictures
from options.cli import one_line_errors

MOST_ON_SHEET = 12


def read_runs(runs: Sequence[str], results: Path, split: str) -> list[Results]:
    """What was measured of each run: in RESULTS/RUN/SPLIT, or in RUN where it is a folder of test.py."""
    if len(runs) < 2:
        raise ValueError(f"{len(runs)} run to compare: name two or more")
    named = [Path(run).expanduser() for run in runs]
    folders = [each if (each / METRICS_FILE).is_file() else results / each / split for each in named]
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise ValueError(f"{' '.join(runs)}: the same results twice; name each run once")
    return [read_results(folder, run) for run, folder in zip(runs, folders)]


def compare_runs(results: Sequence[Results], out: Path, pictures: int) -> None:
    """Writes and prints the comparison."""
    out.mkdir(parents=True, exist_ok=True)
    comparison = compare(results)
    rows, warnings = gather_pictures([each.folder for each in results], out, pictures)
    comparison.warnings.extend(warnings)
    (out / "table.md").write_text(as_markdown(comparison), encoding="utf-8")
    comparison.values().to_csv(out / "table.csv")
    if rows:
        names = [each.name for each in results]
        contact_sheet(evenly(rows, MOST_ON_SHEET), out, captions=names).save(out / "sheet.png")
    print(comparison.texts().T.to_string())
    for warning in comparison.warnings:
        print(f"warning: {warning}")
    page = write_comparison(out, comparison, rows)
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
