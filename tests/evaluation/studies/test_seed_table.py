"""Means and spreads over seeds, on values written by hand."""

from __future__ import annotations

import csv
import io
import math

import pytest
from pandas import DataFrame

from evaluation.studies.comparison import Comparison
from evaluation.studies.seed_table import as_markdown, seed_table, written_spread

HEADINGS = {
    name: f"{name}_val_9" for name in ("psnr", "ssim", "fd_tiny", "kid_t", "miou_s", "miou_unknown_s")
}
VALUES = {
    "a0": {"psnr": 10.0, "ssim": 0.5, "fd_tiny": 60.0, "kid_t": 0.1, "miou_s": 0.25, "miou_unknown_s": 0.2},
    "a1": {"psnr": 13.0, "ssim": 0.5, "fd_tiny": 71.0, "kid_t": 0.1, "miou_s": 0.75, "miou_unknown_s": 0.2},
    "b0": {"psnr": 11.5, "fd_tiny": 80.25},
    "b1": {"psnr": 11.5, "fd_tiny": 80.25, "ssim": 0.4},
}  # fmt: skip
ROWS = {"a": ["a0", "a1"], "b": ["b0", "b1"]}
DETAILS = DataFrame(
    {
        "style_from": ["photo", "–"],
        "generator_parameters": [1_234_567, 2_000_000],
        "encoder_parameters": [89_000, None],
        "images_per_second": [12.34, None],
    },
    list(ROWS),
)


@pytest.fixture
def runs() -> Comparison:
    values = DataFrame.from_dict(VALUES, orient="index")[list(HEADINGS)]
    baseline = DataFrame({"fd_tiny": 191.5, "psnr": 15.0}, ["mean_colour_baseline"]).reindex(
        columns=list(HEADINGS)
    )
    return Comparison(values, baseline, HEADINGS, ["ssim cannot be compared: made up"])


def of_one_row(values: list[float]) -> list[object]:
    """The columns of a metric with these values."""
    runs = DataFrame({"psnr": values}, [f"a{number}" for number in range(len(values))])
    comparison = Comparison(runs, DataFrame(columns=["psnr"]), {"psnr": "psnr_val_9"}, [])
    table = seed_table(comparison, {"a": list(runs.index)}, DETAILS.iloc[:1])
    return [table.at["a", f"psnr_val_9{end}"] for end in ("", "_deviation", "_low", "_high")]


def test_a_spread_is_mean_and_deviation_of_one_seed() -> None:
    deviation = math.sqrt(((3 - 4) ** 2 + (1 - 4) ** 2 + (8 - 4) ** 2) / 2)
    assert of_one_row([3.0, 1.0, 8.0]) == [4.0, pytest.approx(deviation), 1.0, 8.0]
    assert of_one_row([2.0]) == [2.0, 0.0, 2.0, 2.0]
    assert of_one_row([30.0, math.inf]) == [math.inf, math.inf, 30.0, math.inf]
    assert written_spread("fd_val_9", 4.0, deviation, 3) == "4.0 ± 3.6"
    assert written_spread("psnr_val_9 ≠", 2.0, 0.0, 1) == "2.00"


def test_the_table_in_a_document(runs: Comparison) -> None:
    lines = as_markdown(seed_table(runs, ROWS, DETAILS), runs.warnings).splitlines()
    heads = (
        "`fd_tiny_val_9` ↓ | `miou_s_val_9` ↑ | `ssim_val_9` ↑ | `psnr_val_9` ↑ | parameters, M | images/s"
    )
    assert lines[0] == f"|  | style from | {heads} |"
    assert (
        lines[2]
        == "| a | photo | 65.5 ± 7.8 | 0.500 ± 0.354 | 0.500 ± 0.000 | 11.50 ± 2.12 | 1.23 + 0.09 | 12.3 |"
    )
    assert lines[3] == "| b | – | 80.2 ± 0.0 | – | – | 11.50 ± 0.00 | 2.00 | – |", (
        "a value that one seed lacks is no mean"
    )
    assert lines[4] == "| *mean_colour_baseline* |  | 191.5 | – | – | 15.00 |  |  |"
    assert lines[-1] == "ssim cannot be compared: made up"
    assert "Mean over 2 seeds" in lines[6]
    alone = seed_table(runs, {row: names[:1] for row, names in ROWS.items()}, DETAILS)
    assert "\nOne seed.\n" in as_markdown(alone, []) and "| 60.0 |" in as_markdown(alone, [])


def test_the_table_as_programs_read_it(runs: Comparison) -> None:
    written = seed_table(runs, ROWS, DETAILS).to_csv()
    rows = {row["row"]: row for row in csv.DictReader(io.StringIO(written))}
    assert list(rows) == ["a", "b", "mean_colour_baseline"]
    assert [float(rows["a"][f"{name}_val_9"]) for name in ("fd_tiny", "miou_s", "psnr")] == [65.5, 0.5, 11.5]
    assert (rows["a"]["fd_tiny_val_9_low"], rows["a"]["fd_tiny_val_9_high"]) == ("60.0", "71.0")
    assert float(rows["a"]["fd_tiny_val_9_deviation"]) == pytest.approx(11 / math.sqrt(2))
    assert rows["b"]["fd_tiny_val_9"] == "80.25" and rows["b"]["ssim_val_9"] == ""
    details = ("style_from", "seeds", "generator_parameters", "encoder_parameters", "images_per_second")
    assert list(rows["a"])[-5:] == list(details)
    assert [rows["a"][name] for name in details] == ["photo", "2", "1234567", "89000", "12.34"]
    assert rows["b"]["encoder_parameters"] == rows["b"]["images_per_second"] == ""
    assert [rows["mean_colour_baseline"][name] for name in ("fd_tiny_val_9", *details)] == [
        "191.5",
        *[""] * 5,
    ]
