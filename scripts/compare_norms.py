"""Compares the norms in one generator: `python scripts/compare_norms.py`, with jobs=2 two at a time.

Every row is trained with every seed as an ordinary run, checkpoints/NAME-ROW-SEED, and measured by test.py.
Stopped, the same command goes on; what is there already is not made again. At the end OUT/NAME holds
table.md and table.csv (means over the seeds, with their spread), runs.csv and sheet.jpg. With published=FILE
it prints which values differ from those of FILE by more than seeds do.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from options.cli import command
from options.schema import CompareNormsOptions


def start(study: CompareNormsOptions, overrides: list[str]) -> None:
    """Trains, measures and compares; exit status 75 where it was asked to stop before."""
    # It imports torch: --help and mistyped options do without.
    from scripts.comparing.study import run_study

    run_study(study)


if __name__ == "__main__":
    command("compare_norms", CompareNormsOptions, start)
