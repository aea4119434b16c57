"""The table of a study: of each set-up the mean over runs that differ by their seeds, and the spread."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from evaluation.report.metric_labels import ARROWS, metric_label, written
from evaluation.studies.comparison import Comparison, Row

CHOSEN = ("fd_", "fid_", "miou_", "lpips_", "ssim", "psnr")
"""Beginnings of the metrics that the table shows, in its order; all others are in that of the runs."""
NOT_CHOSEN = ("miou_unknown_", "lpips_diversity_")
DEVIATION = "_deviation"
ENDS = ("", DEVIATION, "_low", "_high")
"""Of the columns of a metric in table.csv; the first is the mean's."""


@dataclass(frozen=True)
class SetUp:
    """A row of a study, before anything is measured.

    `style`: what it is told of the style, in words; parameters: of the networks that generation needs, None
    where there is no encoder; `images_per_second`: of training, None where it was not measured.
    """

    name: str
    runs: tuple[str, ...]
    style: str
    generator_parameters: int
    encoder_parameters: int | None
    images_per_second: float | None


@dataclass(frozen=True)
class Spread:
    """A figure over `count` seeds: mean, standard deviation of one seed, lowest and highest.

    The deviation divides by count - 1, as the mean is that of the same seeds; it is 0 for one seed, and
    infinite where a figure is (the PSNR of a picture with itself).
    """

    mean: float
    deviation: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, figures: Sequence[float]) -> Spread:
        """ValueError for no figures."""
        if not figures:
            raise ValueError("a spread was asked of no figures; give at least one")
        return cls(fmean(figures), _deviation(figures), min(figures), max(figures), len(figures))

    def written(self, decimals: int) -> str:
        """The mean ± the deviation; the mean alone for one seed."""
        deviation = f" ± {self.deviation:.{decimals}f}" if self.count > 1 else ""
        return f"{self.mean:.{decimals}f}{deviation}"


@dataclass(frozen=True)
class SeedTable:
    """`columns`: short names of metrics to what heads them; `spreads`: by set-up and metric."""

    columns: dict[str, str]
    set_ups: list[SetUp]
    spreads: dict[str, dict[str, Spread]]
    scale: list[Row]
    warnings: list[str]


def over_seeds(runs: Comparison, set_ups: Sequence[SetUp]) -> SeedTable:
    """Puts the runs of each set-up together; what cannot be compared between runs keeps its warning."""
    shown = [
        name
        for start in CHOSEN
        for name in runs.columns
        if f"{name}_".startswith(start) and not name.startswith(NOT_CHOSEN)
    ]
    figures = {row.name: row.figures for row in runs.rows if not row.is_scale}
    spreads = {
        each.name: {
            name: Spread.of([figures[run][name] for run in each.runs])
            for name in shown
            if all(name in figures[run] for run in each.runs)
        }
        for each in set_ups
    }
    scale = [row for row in runs.rows if row.is_scale]
    columns = {name: runs.columns[name] for name in dict.fromkeys(shown)}
    return SeedTable(columns, list(set_ups), spreads, scale, runs.warnings)


def as_markdown(table: SeedTable) -> str:
    """The table for a document."""
    heads = [f"`{head}` {ARROWS[metric_label(name).better]}" for name, head in table.columns.items()]
    heads = ["", "style from", *heads, "parameters, M", "images/s"]
    lines = [_line(heads), "|---|---|" + "---:|" * (len(heads) - 2)]
    for each in table.set_ups:
        spreads = table.spreads[each.name]
        cells = [
            spreads[name].written(metric_label(name).decimals) if name in spreads else "–"
            for name in table.columns
        ]
        encoder = "" if each.encoder_parameters is None else f" + {each.encoder_parameters / 1e6:.2f}"
        parameters = f"{each.generator_parameters / 1e6:.2f}{encoder}"
        lines.append(_line([each.name, each.style, *cells, parameters, written(each.images_per_second, 1)]))
    for row in table.scale:
        cells = [written(row.figures.get(name), metric_label(name).decimals) for name in table.columns]
        lines.append(_line([f"*{row.name}*", "", *cells, "", ""]))
    count = max(len(each.runs) for each in table.set_ups)
    spread = f"Mean over {count} seeds ± standard deviation of one."
    lines += ["", "One seed." if count == 1 else spread]
    lines += ["Parameters of the generator, + those of its encoder."]
    return "\n".join(lines) + "\n" + "".join(f"\n{warning}\n" for warning in table.warnings)


def as_csv(table: SeedTable) -> str:
    """The table unrounded, with deviation, lowest and highest."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    heads = [f"{head}{end}" for head in table.columns.values() for end in ENDS]
    facts = ["style_from", "seeds", "generator_parameters", "encoder_parameters", "images_per_second"]
    writer.writerow(["row", *heads, *facts])
    for each in table.set_ups:
        found = [table.spreads[each.name].get(name) for name in table.columns]
        figures = [figure for one in found for figure in _numbers(one)]
        of_networks = [each.generator_parameters, each.encoder_parameters, each.images_per_second]
        writer.writerow([each.name, *figures, each.style, len(each.runs), *of_networks])
    for row in table.scale:
        figures = [f for name in table.columns for f in (row.figures.get(name, ""), "", "", "")]
        writer.writerow([row.name, *figures, *[""] * len(facts)])
    return stream.getvalue()


def _deviation(figures: Sequence[float]) -> float:
    if not all(map(math.isfinite, figures)):
        return math.inf
    return stdev(figures) if len(figures) > 1 else 0.0


def _numbers(spread: Spread | None) -> tuple[float | str, ...]:
    """In the order of ENDS."""
    if spread is None:
        return ("",) * len(ENDS)
    return spread.mean, spread.deviation, spread.low, spread.high


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
