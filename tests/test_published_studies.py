"""The tables of studies in docs/results.md are those that programs read, in docs/studies, rounded."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from evaluation.studies.reproduction import read_published
from evaluation.studies.seed_table import DEVIATION
from tests.studies import asked

DOCS = Path(__file__).resolve().parents[1] / "docs"
STUDIES = {"scenes": "## Ten generators on the built-in scenes", "camvid": "## Four generators on CamVid"}


def table_below(heading: str) -> dict[str, dict[str, str]]:
    """Rows of the first table after a heading: cells by what heads them, without emphasis and arrows."""
    text = (DOCS / "results.md").read_text(encoding="utf-8").split(f"\n{heading}\n")[1]
    first = text[text.index("\n|") + 1 :].split("\n\n")[0]
    heads, _, *rows = [[cell.strip("` ↓↑*") for cell in line.split("|")[1:-1]] for line in first.splitlines()]
    return {row[0]: dict(zip(heads, row)) for row in rows}


@pytest.mark.parametrize("study", STUDIES)
def test_the_document_has_the_values_of_the_file(study: str) -> None:
    file = DOCS / "studies" / f"{study}.csv"
    shown = table_below(STUDIES[study])
    rows = {row["row"]: row for row in csv.DictReader(file.open(encoding="utf-8"))}
    metrics = [name.removesuffix(DEVIATION) for name in next(iter(rows.values())) if name.endswith(DEVIATION)]
    assert len(metrics) == 4 and set(shown) >= {name for name, row in rows.items() if row["seeds"]}
    for name, row in rows.items():
        for metric in metrics if row["seeds"] else []:
            lowest, value, highest = (float(row[metric + end]) for end in ("_low", "", "_high"))
            assert lowest <= value <= highest
            mean, deviation = shown[name][metric].split(" ± ")
            decimals = len(mean.split(".")[1])
            assert (mean, deviation) == tuple(
                f"{float(row[metric + end]):.{decimals}f}" for end in ("", DEVIATION)
            )


@pytest.mark.parametrize("study", STUDIES)
def test_a_study_can_be_compared_with_the_file(study: str) -> None:
    rows = list(asked(f"study={study}").rows)
    spreads = read_published(DOCS / "studies" / f"{study}.csv", rows, seeds=2)
    assert (spreads["deviation"] > 0).all() and (spreads["seeds"] == 4).all()
    found = {row for row, _ in spreads.index}
    assert len(found) > 3 and found <= set(rows)
