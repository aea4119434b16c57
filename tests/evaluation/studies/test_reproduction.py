"""Two tables of one study compared, against the t-distribution's closed form and drawn seeds."""

from __future__ import annotations

import math
import random
from pathlib import Path
from statistics import fmean, stdev

import pytest
from pandas import DataFrame, MultiIndex

from evaluation.studies.comparison import INCOMPARABLE, Comparison
from evaluation.studies.reproduction import LEVEL, as_text, read_published, reproduced
from evaluation.studies.seed_table import seed_table

HERE = {"a0": {"psnr": 10.0, "fd_tiny": 60.0}, "a1": {"psnr": 12.0, "fd_tiny": 64.0}}
THERE = {"a0": {"psnr": 10.5, "fd_tiny": 80.0}, "a1": {"psnr": 12.5, "fd_tiny": 81.0}}


def table_of(values: dict[str, dict[str, float]], row: str = "a", psnr: str = "psnr_val_9") -> DataFrame:
    runs = DataFrame.from_dict(values, orient="index")
    headings = {"psnr": psnr, "fd_tiny": "fd_tiny_val_9"}
    columns = ("style_from", "generator_parameters", "encoder_parameters", "images_per_second")
    details = DataFrame([["–", 1_000_000, None, None]], [row], columns)
    return seed_table(Comparison(runs, runs.iloc[:0], headings, []), {row: list(runs.index)}, details)


def written(table: DataFrame, file: Path) -> Path:
    table.to_csv(file)
    return file


def probability(here: list[float], published: list[float], folder: Path) -> float:
    tables = [
        table_of({str(seed): {"psnr": value, "fd_tiny": 0.0} for seed, value in enumerate(values)})
        for values in (here, published)
    ]
    spreads = read_published(written(tables[1], folder / "table.csv"), ["a"], len(here))
    return float(reproduced(tables[0], spreads)[0].at[("a", "psnr_val_9"), "probability"])


def test_the_probability_is_students(tmp_path: Path) -> None:
    here, published = [1.0, 4.0], [5.0, 7.0]
    pooled = (4.5 + 2.0) / 2
    t = (6.0 - 2.5) / math.sqrt(pooled * (1 / 2 + 1 / 2))
    two_degrees_of_freedom = 1 - t / math.sqrt(t**2 + 2)
    assert probability(here, published, tmp_path) == pytest.approx(two_degrees_of_freedom, rel=1e-9)
    assert probability(published, here, tmp_path) == pytest.approx(two_degrees_of_freedom, rel=1e-9)
    assert probability([2.0, 2.0], [2.0, 2.0], tmp_path) == 1
    assert probability([2.0, 2.0], [2.1, 2.1], tmp_path) == 0


@pytest.mark.parametrize(("here", "published"), [(2, 2), (4, 2), (1, 4)])
def test_of_seeds_from_one_lot_a_twentieth_departs(here: int, published: int) -> None:
    draw = random.Random(here)

    def spreads(count: int) -> list[list[float]]:
        lots = [[draw.gauss(140, 8) for _ in range(count)] for _ in range(2000)]
        return [[fmean(lot), stdev(lot) if count > 1 else 0.0, count] for lot in lots]

    index = MultiIndex.from_product([map(str, range(2000)), ["psnr_val_9"]], names=["row", "heading"])
    columns = ["mean", "deviation", "seeds"]
    table = DataFrame(
        spreads(here), [row for row, _ in index], ["psnr_val_9", "psnr_val_9_deviation", "seeds"]
    )
    compared, _ = reproduced(table, DataFrame(spreads(published), index, columns))
    departing = (compared["probability"] < LEVEL).mean()
    assert departing == pytest.approx(LEVEL, abs=4 * math.sqrt(LEVEL * (1 - LEVEL) / 2000))


def test_a_table_is_compared_with_the_file_of_another(tmp_path: Path) -> None:
    file = written(table_of(THERE), tmp_path / "table.csv")
    compared, alone = reproduced(table_of(HERE), read_published(file, ["a", "new"], seeds=2))
    assert alone == []
    assert list(compared["probability"] >= LEVEL) == [False, True]
    distance, psnr, last = as_text(compared, alone).splitlines()
    assert distance.startswith("a fd_tiny_val_9: 62.0 ± 2.8, published 80.5 ± 0.7, p = 0.012")
    assert distance.endswith(", departs")
    assert psnr == f"a psnr_val_9: 11.00 ± 1.41, published 11.50 ± 1.41, p = {1 - math.sqrt(1 / 17):.3f}"
    assert last.startswith("1 of 2 values are within what seeds make (p >= 0.05)")
    assert last.endswith("by chance alone at most 0.1 would not be")


def test_what_has_no_counterpart_is_named(tmp_path: Path) -> None:
    file = written(table_of(THERE), tmp_path / "table.csv")
    published = read_published(file, ["a", "b"], seeds=2)
    compared, alone = reproduced(table_of(HERE, "b"), published)
    assert as_text(compared, alone) == (
        "not compared, as there is no such published value: b fd_tiny_val_9, b psnr_val_9"
    )
    mixed = table_of(HERE, psnr="psnr" + INCOMPARABLE)
    both = written(table_of(THERE, psnr="psnr" + INCOMPARABLE), tmp_path / "mixed.csv")
    compared, alone = reproduced(mixed, read_published(both, ["a"], seeds=2))
    assert list(compared.index) == [("a", "fd_tiny_val_9")] and alone == ["a psnr" + INCOMPARABLE]


def test_a_table_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    file = written(table_of(THERE), tmp_path / "table.csv")
    with file.open("a") as table:
        table.write("null_model,191.5,,,,15.0,,,,,,,,\n")
    assert {row for row, _ in read_published(file, ["a"], seeds=2).index} == {"a"}


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    file = written(table_of(THERE), tmp_path / "table.csv")
    with pytest.raises(ValueError, match="has none of the rows b, c with"):
        read_published(file, ["b", "c"], seeds=2)
    alone = written(table_of({"a0": THERE["a0"]}), tmp_path / "alone.csv")
    with pytest.raises(ValueError, match="one seed against one"):
        read_published(alone, ["a"], seeds=1)
    assert list(read_published(alone, ["a"], seeds=2).loc["a", "psnr_val_9"]) == [10.5, 0.0, 1]
    for content, message in (
        (b"row,seeds,x\nb,2,1\n", "has none of the rows a"),
        (b"row,seeds,x\na,2,1\n", r"none of the rows a with columns \.\.\._deviation; .* make it again"),
        (b"row,seeds,x\na,2\n", "with columns"),
        (b"row,x,x_deviation,x_low,x_high\na,1,1,1,1,5,_deviation\n", "no table.csv of a study"),
        (b"row,seeds,x,x_deviation,x_low,x_high\na,2,1,nan,1,1\n", "1.0 ± nan is no value"),
        (b"row,seeds,x,x_deviation,x_low,x_high\na,2,1,-1,1,1\n", "1.0 ± -1.0 is no value"),
        (b"row,seeds,x,x_deviation,x_low,x_high\na,2,inf,1,1,1\n", "inf ± 1.0 is no value"),
        (b"row,seeds\na," + 200_000 * b"1", "with columns"),
        (b"row,seeds,x,x_deviation\na,2,1,1\na,2,1,1\n", "no table.csv of a study"),
        (b"x,y\n1,2\n", "no table.csv of a study"),
        (b"row,seeds,x,x_deviation,x_low,x_high\na,2,1,much,1,1\n", "no table.csv of a study"),
        (b"\xff\xfe", "no table.csv of a study"),
    ):
        alone.write_bytes(content)
        with pytest.raises(ValueError, match=message):
            read_published(alone, ["a"], seeds=2)
    with pytest.raises(ValueError, match=r"published=.*none: No such file"):
        read_published(tmp_path / "none", ["a"], seeds=2)
