"""Whether the table of a study says the same as a published one: Student's t-test, figure by figure."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scipy.stats import ttest_ind_from_stats

from evaluation.report.metric_text import metric_text
from evaluation.seed_table import DEVIATION, ENDS, SeedTable, Spread

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

        Both are taken to have the same deviation, since they are made by the same command.
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
        table = {row["row"]: row for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines())}
        spreads = {
            (name, metric): spread
            for name in rows
            if name in table
            for metric, spread in _spreads(table[name]).items()
        }
    except OSError as error:
        raise ValueError(f"published={file}: {error.strerror}; name the table.csv of a study") from error
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"published={file}: no table.csv of a study ({error!r})") from error
    if not spreads:
        raise ValueError(
            f"published={file}: has none of the rows {', '.join(rows)}; name another study's table"
        )
    if seeds + min(spread.count for spread in spreads.values()) < 3:
        raise ValueError(f"published={file}: one seed against one tells no spread; give more seeds")
    return spreads


def reproduced(table: SeedTable, published: Published) -> list[Reproduced]:
    """The figures that both have."""
    return [
        Reproduced(each.name, head, metric_text(name).decimals, here, published[each.name, head])
        for each in table.set_ups
        for name, head in table.columns.items()
        if (here := table.spreads[each.name].get(name)) and (each.name, head) in published
    ]


def as_text(figures: Sequence[Reproduced]) -> str:
    """A line a figure, and how many are within what seeds make."""
    if not figures:
        return "the published table has no metric of this study: nothing to compare"
    within = sum(each.is_within for each in figures)
    return "\n".join(
        [
            *map(_line, figures),
            f"{within} of {len(figures)} figures are within what seeds make (p >= {LEVEL:g}); "
            f"by chance alone {LEVEL * len(figures):.1f} would not be",
        ]
    )


def _line(each: Reproduced) -> str:
    here, published = each.here.written(each.decimals), each.published.written(each.decimals)
    verdict = "" if each.is_within else ", departs"
    return f"{each.row} {each.metric}: {here}, published {published}, p = {each.probability:.2f}{verdict}"


def _spreads(row: dict[str, str]) -> dict[str, Spread]:
    metrics = [name.removesuffix(DEVIATION) for name in row if name.endswith(DEVIATION) and row[name]]
    found = {}
    for metric in metrics:
        mean, deviation, low, high = (float(row[metric + end]) for end in ENDS)
        found[metric] = Spread(mean, deviation, low, high, int(row["seeds"]))
    return found
