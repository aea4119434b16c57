"""Whether the table of a study says the same as a published one: Student's t-test, figure by figure."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scipy.stats import ttest_ind_from_stats

from evaluation.report.metric_labels import metric_label
from evaluation.studies.comparison import MARK
from evaluation.studies.seed_table import DEVIATION, ENDS, SeedTable, Spread

LEVEL = 0.05
"""A figure departs where so great a difference is rarer than this between seeds of one machine."""

Published = dict[tuple[str, str], Spread]
"""Spreads by row and full name of the metric."""


@dataclass(frozen=True)
class Reproduced:
    """A figure of both tables; `decimals`: it is written with so many."""

    row: str
    metric: str
    decimals: int
    here: Spread
    published: Spread

    @property
    def probability(self) -> float:
        """Of so great a difference of the means, or a greater, were both drawn from one lot of seeds.

        Both are taken to have the same deviation, since they are made by the same command. Where they share
        seeds they may lie nearer to each other, and small probabilities are rarer than they say.
        """
        one, other = self.here, self.published
        if one.deviation == other.deviation == 0:
            return float(one.mean == other.mean)
        test = ttest_ind_from_stats(
            one.mean, one.deviation, one.count, other.mean, other.deviation, other.count, equal_var=True
        )
        return float(test.pvalue)

    @property
    def is_within(self) -> bool:
        """Whether the difference is within what seeds make."""
        return self.probability >= LEVEL


def read_published(file: Path, rows: Sequence[str], seeds: int) -> Published:
    """The means and deviations of a study's table.csv, of these rows.

    Raises ValueError where it is no such file, has none of the rows, or where one seed stands against one.
    """
    try:
        table = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
        found = {row["row"]: _spreads(row) for row in table if row["row"] in rows}
    except OSError as error:
        raise ValueError(f"published={file}: {error.strerror}; name the table.csv of a study") from error
    except (AttributeError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise ValueError(f"published={file}: no table.csv of a study ({error!r})") from error
    if not found:
        raise ValueError(
            f"published={file}: has none of the rows {', '.join(rows)}; name another study's table"
        )
    published = {(row, metric): spread for row, of_row in found.items() for metric, spread in of_row.items()}
    if not published:
        raise ValueError(
            f"published={file}: has no column ...{DEVIATION}; make it again with compare_norms.py"
        )
    if seeds + min(spread.count for spread in published.values()) < 3:
        raise ValueError(f"published={file}, seeds={seeds}: one seed against one tells no spread; give more")
    return published


def reproduced(table: SeedTable, published: Published) -> tuple[list[Reproduced], list[str]]:
    """The figures that both have, and what of `table` cannot be compared: published under no such name."""
    both, alone = [], []
    for each in table.set_ups:
        for name, here in table.spreads[each.name].items():
            head = table.columns[name]
            if (each.name, head) in published and not head.endswith(MARK):
                there = published[each.name, head]
                both.append(Reproduced(each.name, head, metric_label(name).decimals, here, there))
            else:
                alone.append(f"{each.name} {head}")
    return both, alone


def as_text(figures: Sequence[Reproduced], alone: Sequence[str]) -> str:
    """A line a figure, and how many differ by no more than seeds do."""
    lines = [_line(each) for each in figures]
    if alone:
        lines.append(f"not compared, as there is no such published figure: {', '.join(alone)}")
    if figures:
        within = sum(each.is_within for each in figures)
        lines.append(
            f"{within} of {len(figures)} figures are within what seeds make (p >= {LEVEL:g}); "
            f"by chance alone at most {LEVEL * len(figures):.1f} would not be"
        )
    return "\n".join(lines)


def _line(each: Reproduced) -> str:
    here, published = each.here.written(each.decimals), each.published.written(each.decimals)
    verdict = "" if each.is_within else ", departs"
    return f"{each.row} {each.metric}: {here}, published {published}, p = {each.probability:.3f}{verdict}"


def _spreads(row: dict[str, str]) -> dict[str, Spread]:
    metrics = [name.removesuffix(DEVIATION) for name in row if name.endswith(DEVIATION) and row[name]]
    return {metric: _spread([row[metric + end] for end in ENDS], row["seeds"]) for metric in metrics}


def _spread(written: Sequence[str], seeds: str) -> Spread:
    mean, deviation, low, high = map(float, written)
    if not math.isfinite(mean) or not 0 <= deviation < math.inf:
        raise ValueError(f"{mean} ± {deviation} is no figure to compare with")
    return Spread(mean, deviation, low, high, int(seeds))
