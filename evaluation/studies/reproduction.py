"""Whether the table of a study agrees with a published one: Student's t-test, value by value."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pandas import DataFrame, MultiIndex, isna, read_csv
from scipy.stats import ttest_ind_from_stats

from evaluation.studies.comparison import INCOMPARABLE
from evaluation.studies.seed_table import DEVIATION, metrics_of, written_spread

LEVEL = 0.05
"""A value departs where so great a difference is rarer than this between seeds of one machine."""


def spreads(table: DataFrame) -> DataFrame:
    """Mean, deviation and seeds in a study's table, by row and heading; ValueError for no numbers."""
    found = {
        (row, heading): [float(values[heading]), float(values[heading + DEVIATION]), int(values["seeds"])]
        for row, values in table.to_dict("index").items()
        for heading in metrics_of(table)
        if not isna(values["seeds"]) and not isna(values[heading])
    }
    index = MultiIndex.from_tuples(list(found), names=["row", "heading"])
    return DataFrame(list(found.values()), index, ["mean", "deviation", "seeds"])


def read_published(file: Path, rows: Sequence[str], seeds: int) -> DataFrame:
    """The `spreads` of these rows of a study's table.csv.

    Raises ValueError where it is no such file, has none of the rows, or where one seed stands against one.
    """
    try:
        with warnings.catch_warnings(action="error"):  # pandas warns of lines that are too long
            table = read_csv(file, index_col=False, encoding="utf-8").set_index("row")
        published = spreads(table[table.index.isin(rows)])
    except OSError as error:
        raise ValueError(f"published={file}: {error.strerror}; name the table.csv of a study") from error
    except (KeyError, TypeError, ValueError, Warning) as error:
        raise ValueError(f"published={file}: no table.csv of a study ({error!r})") from error
    if published.empty:
        raise ValueError(
            f"published={file}: has none of the rows {', '.join(rows)} with columns ...{DEVIATION};"
            " name another study's table, or make it again with compare_norms.py"
        )
    for mean, deviation in zip(published["mean"], published["deviation"]):
        if not np.isfinite(mean) or not 0 <= deviation < np.inf:
            raise ValueError(f"published={file}: {mean} ± {deviation} is no value to compare with")
    if seeds + published["seeds"].min() < 3:
        raise ValueError(f"published={file}, seeds={seeds}: one seed against one tells no spread; give more")
    return published


def reproduced(table: DataFrame, published: DataFrame) -> tuple[DataFrame, list[str]]:
    """The values that both have, and what of `table` cannot be compared: published under no such name.

    `probability`: of so great a difference of the means, or a greater, were both drawn from one lot of seeds.
    Both are taken to have the same deviation, since they are made by the same command. Where they share seeds
    they may lie nearer to each other, and small probabilities are rarer than they claim.
    """
    here = spreads(table)
    comparable = here.index.isin(published.index) & [INCOMPARABLE not in head for _, head in here.index]
    both = here[comparable].join(published.add_suffix("_published"))
    mean, deviation, seeds, *there = both.to_numpy(float).T
    with np.errstate(divide="ignore", invalid="ignore"):
        test = ttest_ind_from_stats(mean, deviation, seeds, *there, equal_var=True)
    same = (deviation == 0) & (there[1] == 0) & (mean == there[0])
    both["probability"] = np.where(same, 1.0, test.pvalue)
    return both, [" ".join(name) for name in here.index[~comparable]]


def as_text(values: DataFrame, alone: Sequence[str]) -> str:
    """A line a value, and how many differ by no more than seeds do."""
    lines = []
    for (row, heading), *numbers, probability in values.itertuples():
        here, published = (written_spread(heading, *spread) for spread in (numbers[:3], numbers[3:]))
        verdict = "" if probability >= LEVEL else ", departs"
        lines.append(f"{row} {heading}: {here}, published {published}, p = {probability:.3f}{verdict}")
    if alone:
        lines.append(f"not compared, as there is no such published value: {', '.join(alone)}")
    if len(values):
        within = (values["probability"] >= LEVEL).sum()
        lines.append(
            f"{within} of {len(values)} values are within what seeds make (p >= {LEVEL:g}); "
            f"by chance alone at most {LEVEL * len(values):.1f} would not be"
        )
    return "\n".join(lines)
