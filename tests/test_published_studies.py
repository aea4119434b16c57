"""The documents' tables of studies are those that programs read, in docs/studies, rounded."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from evaluation.studies.reproduction import read_published
from evaluation.studies.seed_table import DEVIATION
from tests.studies import asked

DOCS = Path(__file__).resolve().parents[1] / "docs"
TABLES = {
    "scenes": ("journal/results-scenes.md", "# Ten generators on the built-in scenes"),
    "camvid": ("journal/results-camvid-study.md", "# Four generators on CamVid"),
}
SHORT = ("results.md", "## Which norm")
SHORT_METRICS = {
    "scenes: distance": ("scenes", "fd_efficientnet_lite2_val_500"),
    "scenes: mIoU": ("scenes", "miou_compare_scenes_val_500"),
    "CamVid: distance": ("camvid", "fd_efficientnet_lite2_val_101"),
    "CamVid: mIoU": ("camvid", "miou_compare_camvid_val_101"),
}


def table_below(document: str, heading: str) -> dict[str, dict[str, str]]:
    """Rows of the first table after a heading: cells by column, without emphasis and arrows."""
    text = f"\n{(DOCS / document).read_text(encoding='utf-8')}".split(f"\n{heading}\n")[1]
    first = text[text.index("\n|") + 1 :].split("\n\n")[0]
    heads, _, *rows = [[cell.strip("` ↓↑*") for cell in line.split("|")[1:-1]] for line in first.splitlines()]
    return {row[0]: dict(zip(heads, row)) for row in rows}


def study_rows(study: str) -> dict[str, dict[str, str]]:
    """The rows of docs/studies/STUDY.csv by name."""
    with (DOCS / "studies" / f"{study}.csv").open(encoding="utf-8") as file:
        return {row["row"]: row for row in csv.DictReader(file)}


def assert_rounded(shown: str, row: dict[str, str], metric: str) -> None:
    """`shown`, mean ± deviation, is that of the row at the decimals shown."""
    mean, deviation = shown.split(" ± ")
    decimals = len(mean.split(".")[1])
    assert (mean, deviation) == tuple(f"{float(row[metric + end]):.{decimals}f}" for end in ("", DEVIATION))


@pytest.mark.parametrize("study", TABLES)
def test_the_journal_has_the_values_of_the_file(study: str) -> None:
    shown, rows = table_below(*TABLES[study]), study_rows(study)
    metrics = [name.removesuffix(DEVIATION) for name in next(iter(rows.values())) if name.endswith(DEVIATION)]
    assert len(metrics) == 4 and set(shown) >= {name for name, row in rows.items() if row["seeds"]}
    for name, row in rows.items():
        for metric in metrics if row["seeds"] else []:
            assert_rounded(shown[name][metric], row, metric)


def test_the_page_of_results_has_the_values_of_the_files() -> None:
    compared = 0
    for label, cells in table_below(*SHORT).items():
        name = "batch_concat" if "batch_concat" in label else label
        for head, (study, metric) in SHORT_METRICS.items():
            if "±" in cells[head]:
                assert_rounded(cells[head], study_rows(study)[name], metric)
                compared += 1
    assert compared == 18


@pytest.mark.parametrize("study", TABLES)
def test_a_study_can_be_compared_with_the_file(study: str) -> None:
    rows = list(asked(f"study={study}").rows)
    spreads = read_published(DOCS / "studies" / f"{study}.csv", rows, seeds=2)
    assert (spreads["deviation"] > 0).all() and (spreads["seeds"] == 4).all()
    found = {row for row, _ in spreads.index}
    assert len(found) > 3 and found <= set(rows)
