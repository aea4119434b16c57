"""Means and spreads over seeds, on figures written by hand."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace

import pytest

from evaluation.studies.comparison import Comparison, Row
from evaluation.studies.seed_table import SetUp, Spread, as_csv, as_markdown, over_seeds

COLUMNS = {name: f"{name}_val_9" for name in ("psnr", "ssim", "fd_tiny", "kid_t", "miou_s", "miou_unknown_s")}
FIGURES = {
    "a0": {"psnr": 10.0, "ssim": 0.5, "fd_tiny": 60.0, "kid_t": 0.1, "miou_s": 0.25, "miou_unknown_s": 0.2},
    "a1": {"psnr": 13.0, "ssim": 0.5, "fd_tiny": 71.0, "kid_t": 0.1, "miou_s": 0.75, "miou_unknown_s": 0.2},
    "b0": {"psnr": 11.5, "fd_tiny": 80.25},
    "b1": {"psnr": 11.5, "fd_tiny": 80.25, "ssim": 0.4},
}  # fmt: skip
SET_UPS = [
    SetUp("a", ("a0", "a1"), "photo", 1_234_567, 89_000, 12.34),
    SetUp("b", ("b0", "b1"), "–", 2_000_000, None, None),
]


@pytest.fixture
def runs() -> Comparison:
    rows = [Row(name, figures) for name, figures in FIGURES.items()]
    null = Row("mean_colour_baseline", {"fd_tiny": 191.5, "psnr": 15.0}, is_scale=True)
    return Comparison(COLUMNS, [*rows, null], ["ssim cannot be compared: made up"])


def test_a_spread_is_mean_and_deviation_of_one_seed() -> None:
    spread = Spread.of([3.0, 1.0, 8.0])
    deviation = math.sqrt(((3 - 4) ** 2 + (1 - 4) ** 2 + (8 - 4) ** 2) / 2)
    assert spread == Spread(4.0, pytest.approx(deviation), 1.0, 8.0, 3)
    assert spread.written(1) == "4.0 ± 3.6" and Spread.of([2.0]).written(2) == "2.00"
    assert Spread.of([30.0, math.inf]).written(1) == "inf ± inf"
    with pytest.raises(ValueError, match="give at least one"):
        Spread.of([])


def test_the_table_as_people_read_it(runs: Comparison) -> None:
    lines = as_markdown(over_seeds(runs, SET_UPS)).splitlines()
    heads = (
        "`fd_tiny_val_9` ↓ | `miou_s_val_9` ↑ | `ssim_val_9` ↑ | `psnr_val_9` ↑ | parameters, M | images/s"
    )
    assert lines[0] == f"|  | style from | {heads} |"
    assert (
        lines[2]
        == "| a | photo | 65.5 ± 7.8 | 0.500 ± 0.354 | 0.500 ± 0.000 | 11.50 ± 2.12 | 1.23 + 0.09 | 12.3 |"
    )
    assert lines[3] == "| b | – | 80.2 ± 0.0 | – | – | 11.50 ± 0.00 | 2.00 | – |", (
        "a figure that one seed lacks is no mean"
    )
    assert lines[4] == "| *mean_colour_baseline* |  | 191.5 | – | – | 15.00 |  |  |"
    assert lines[-1] == "ssim cannot be compared: made up"
    assert "Mean over 2 seeds" in lines[6]
    alone = [replace(each, runs=each.runs[:1]) for each in SET_UPS]
    assert "\nOne seed.\n" in as_markdown(over_seeds(runs, alone))


def test_the_table_as_programs_read_it(runs: Comparison) -> None:
    rows = {row["row"]: row for row in csv.DictReader(io.StringIO(as_csv(over_seeds(runs, SET_UPS))))}
    assert list(rows) == ["a", "b", "mean_colour_baseline"]
    assert [float(rows["a"][f"{name}_val_9"]) for name in ("fd_tiny", "miou_s", "psnr")] == [65.5, 0.5, 11.5]
    assert (rows["a"]["fd_tiny_val_9_low"], rows["a"]["fd_tiny_val_9_high"]) == ("60.0", "71.0")
    assert float(rows["a"]["fd_tiny_val_9_deviation"]) == pytest.approx(11 / math.sqrt(2))
    assert rows["b"]["fd_tiny_val_9"] == "80.25" and rows["b"]["ssim_val_9"] == ""
    facts = ("style_from", "seeds", "generator_parameters", "encoder_parameters", "images_per_second")
    assert [rows["a"][name] for name in facts] == ["photo", "2", "1234567", "89000", "12.34"]
    assert [rows["mean_colour_baseline"][name] for name in ("fd_tiny_val_9", *facts)] == ["191.5", *[""] * 5]
