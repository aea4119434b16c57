"""What is said of two tables of one study, against the t-distribution's closed form and drawn seeds."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from pathlib import Path

import pytest

from evaluation.studies.comparison import MARK, Comparison, Row
from evaluation.studies.reproduction import LEVEL, Reproduced, as_text, read_published, reproduced
from evaluation.studies.seed_table import SeedTable, SetUp, Spread, as_csv, over_seeds

HERE = {"a0": {"psnr": 10.0, "fd_tiny": 60.0}, "a1": {"psnr": 12.0, "fd_tiny": 64.0}}
THERE = {"a0": {"psnr": 10.5, "fd_tiny": 80.0}, "a1": {"psnr": 12.5, "fd_tiny": 81.0}}


def table_of(figures: dict[str, dict[str, float]], row: str = "a") -> SeedTable:
    columns = {"psnr": "psnr_val_9", "fd_tiny": "fd_tiny_val_9"}
    runs = Comparison(columns, [Row(name, each) for name, each in figures.items()], [])
    return over_seeds(runs, [SetUp(row, tuple(figures), "–", 1_000_000, None, None)])


def probability(here: list[float], published: list[float]) -> float:
    return Reproduced("a", "psnr_val_9", 2, Spread.of(here), Spread.of(published)).probability


def test_the_probability_is_students() -> None:
    here, published = [1.0, 4.0], [5.0, 7.0]
    pooled = (4.5 + 2.0) / 2
    t = (6.0 - 2.5) / math.sqrt(pooled * (1 / 2 + 1 / 2))
    two_degrees_of_freedom = 1 - t / math.sqrt(t**2 + 2)
    assert probability(here, published) == pytest.approx(two_degrees_of_freedom, rel=1e-9)
    assert probability(published, here) == pytest.approx(two_degrees_of_freedom, rel=1e-9)
    assert probability([2.0, 2.0], [2.0, 2.0]) == 1 and probability([2.0, 2.0], [2.1, 2.1]) == 0


@pytest.mark.parametrize(("here", "published"), [(2, 2), (4, 2), (1, 4)])
def test_of_seeds_from_one_lot_a_twentieth_departs(here: int, published: int) -> None:
    draw = random.Random(here)

    def seeds(count: int) -> list[float]:
        return [draw.gauss(140, 8) for _ in range(count)]

    departing = sum(probability(seeds(here), seeds(published)) < LEVEL for _ in range(2000))
    assert departing / 2000 == pytest.approx(LEVEL, abs=4 * math.sqrt(LEVEL * (1 - LEVEL) / 2000))


def test_a_table_is_compared_with_the_file_of_another(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text(as_csv(table_of(THERE)), encoding="utf-8")
    figures, alone = reproduced(table_of(HERE), read_published(file, ["a", "new"], seeds=2))
    assert alone == []
    assert [each.is_within for each in figures] == [False, True]
    distance, psnr, last = as_text(figures, alone).splitlines()
    assert distance.startswith("a fd_tiny_val_9: 62.0 ± 2.8, published 80.5 ± 0.7, p = 0.012")
    assert distance.endswith(", departs")
    assert psnr == f"a psnr_val_9: 11.00 ± 1.41, published 11.50 ± 1.41, p = {1 - math.sqrt(1 / 17):.3f}"
    assert last.startswith("1 of 2 figures are within what seeds make (p >= 0.05)")
    assert last.endswith("by chance alone at most 0.1 would not be")


def test_what_has_no_counterpart_is_named(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text(as_csv(table_of(THERE)), encoding="utf-8")
    published = read_published(file, ["a", "b"], seeds=2)
    figures, alone = reproduced(table_of(HERE, "b"), published)
    assert as_text(figures, alone) == (
        "not compared, as there is no such published figure: b fd_tiny_val_9, b psnr_val_9"
    )
    mixed = replace(table_of(HERE), columns={"psnr": "psnr_val_9", "fd_tiny": "fd_tiny" + MARK})
    both = published | {("a", "fd_tiny" + MARK): published["a", "fd_tiny_val_9"]}
    figures, alone = reproduced(mixed, both)
    assert ([each.metric for each in figures], alone) == (["psnr_val_9"], ["a fd_tiny" + MARK])


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text(as_csv(table_of(THERE)), encoding="utf-8")
    with pytest.raises(ValueError, match="has none of the rows b, c; name another study's table"):
        read_published(file, ["b", "c"], seeds=2)
    alone = tmp_path / "alone.csv"
    alone.write_text(as_csv(table_of({"a0": THERE["a0"]})), encoding="utf-8")
    with pytest.raises(ValueError, match="one seed against one"):
        read_published(alone, ["a"], seeds=1)
    assert read_published(alone, ["a"], seeds=2)["a", "psnr_val_9"] == Spread(10.5, 0.0, 10.5, 10.5, 1)
    for content, said in (
        (b"row,seeds,x\nb,2,1\n", "has none of the rows a"),
        (b"row,seeds,x\na,2,1\n", r"has no column \.\.\._deviation; make it again"),
        (b"row,seeds,x\na,2\n", "has no column"),
        (b"row,x,x_deviation,x_low,x_high\na,1,1,1,1,5,_deviation\n", "no table.csv of a study"),
        (b"row,seeds,x,x_deviation,x_low,x_high\na,2,1,nan,1,1\n", "1.0 ± nan is no figure"),
        (b"row,seeds,x,x_deviation,x_low,x_high\na,2,1,-1,1,1\n", "1.0 ± -1.0 is no figure"),
        (b"row,seeds,x,x_deviation,x_low,x_high\na,2,inf,1,1,1\n", "inf ± 1.0 is no figure"),
        (b"row,seeds\na," + 200_000 * b"1", "no table.csv of a study"),
        (b"x,y\n1,2\n", "no table.csv of a study"),
        (b"row,seeds,x,x_deviation,x_low,x_high\na,2,1,much,1,1\n", "no table.csv of a study"),
        (b"\xff\xfe", "no table.csv of a study"),
    ):
        alone.write_bytes(content)
        with pytest.raises(ValueError, match=said):
            read_published(alone, ["a"], seeds=2)
    with pytest.raises(ValueError, match=r"published=.*none: No such file"):
        read_published(tmp_path / "none", ["a"], seeds=2)
