"""Several evaluations beside each other: one table, and which columns cannot be compared."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.protocol import METRICS, Rows
from evaluation.report.metric_labels import METRIC_LABELS, metric_label, written

SCALE_ROWS = ("mean_colour_baseline", "real_train", "real_photos")
MARK = " ≠"
"""On the heads of columns whose figures were not all made in one way."""


@dataclass(frozen=True)
class Measured:
    """What the metrics.json of one results folder says.

    `names`: full names of the figures, by their short ones; `protocol`: how they were made.
    """

    name: str
    folder: Path
    rows: Rows
    names: dict[str, str]
    protocol: dict[str, object]


@dataclass(frozen=True)
class Row:
    """A row of the table: figures by the short name of their metric; `is_scale`: of no run."""

    name: str
    figures: dict[str, float]
    is_scale: bool = False


@dataclass(frozen=True)
class Comparison:
    """`columns`: short names of metrics to what heads them; `warnings`: what may not be compared, and why."""

    columns: dict[str, str]
    rows: list[Row]
    warnings: list[str]

    def best(self, column: str) -> set[str]:
        """The runs with the best figure of a column; none where there is nothing to choose from."""
        figures = {row.name: row.figures[column] for row in self.rows if column in _of_run(row)}
        if len(figures) < 2 or self.columns[column].endswith(MARK):
            return set()
        choose = max if metric_label(column).better == "higher" else min
        return {name for name, figure in figures.items() if figure == choose(figures.values())}

    def cells(self, row: Row) -> list[str]:
        """A row's figures with their decimals, in the order of the columns."""
        return [written(row.figures.get(name), metric_label(name).decimals) for name in self.columns]


def read_measured(folder: Path, name: str) -> Measured:
    """What was measured in a results folder; ValueError where nothing was, or the file is damaged."""
    file = folder / METRICS
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        rows = {
            str(row): {str(metric): float(value) for metric, value in figures.items()}
            for row, figures in content["metrics"].items()
        }
        names = {str(short): str(full) for short, full in content["names"].items()}
        return Measured(name, folder, rows, names, dict(content["protocol"]))
    except FileNotFoundError as error:
        raise ValueError(
            f"{file} is absent: run python test.py name={name} first, or name a results folder"
        ) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file} is damaged ({error}); run test.py again") from error


def compare(measured: Sequence[Measured]) -> Comparison:
    """One row a run, then the scale of the first; a column a metric, in the order they were written."""
    columns: dict[str, str] = {}
    warnings = []
    shorts = dict.fromkeys(name for each in measured for name in each.names if _is_known(name))
    for short in shorts:
        having = [each for each in measured if short in each.names]
        differing = _differences(having)
        columns[short] = having[0].names[short] if not differing else short + MARK
        if differing:
            warnings.append(f"{short} cannot be compared: {differing}")
    rows = [Row(each.name, _figures(each.rows["model"], columns)) for each in measured]
    rows += [
        Row(row, _figures(measured[0].rows[row], columns), is_scale=True)
        for row in SCALE_ROWS
        if row in measured[0].rows
    ]
    return Comparison(columns, rows, _merged(warnings))


def as_markdown(table: Comparison) -> str:
    """The table as Markdown; the best of each column in bold."""
    best = {name: table.best(name) for name in table.columns}
    lines = ["| | " + " | ".join(table.columns.values()) + " |", "|---|" + "---:|" * len(table.columns)]
    for row in table.rows:
        cells = [
            f"**{cell}**" if not row.is_scale and row.name in best[name] else cell
            for name, cell in zip(table.columns, table.cells(row))
        ]
        name = row.name.replace("|", "\\|")
        lines.append(f"| {f'*{name}*' if row.is_scale else name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n" + "".join(f"\n{warning}\n" for warning in table.warnings)


def as_csv(table: Comparison) -> str:
    """The table as comma-separated values, unrounded."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["run", *table.columns.values()])
    for row in table.rows:
        writer.writerow([row.name, *(row.figures.get(name, "") for name in table.columns)])
    return stream.getvalue()


def as_text(table: Comparison) -> str:
    """The table for a terminal: a line a metric, a column a run, since metrics' names are long."""
    names = list(table.columns.values())
    columns = [[row.name, *table.cells(row)] for row in table.rows]
    widths = [max(map(len, column)) for column in columns]
    first = max((len(name) for name in names), default=0)
    lines = [
        f"{head:<{first}}" + "".join(f"  {cell:>{width}}" for cell, width in zip(cells, widths))
        for head, *cells in zip(["", *names], *columns)
    ]
    return "\n".join(lines)


def _differences(measured: Sequence[Measured]) -> str:
    """In words, how the ways differ in which the figures were made; "" where they do not."""
    words = []
    for field in dict.fromkeys(field for each in measured for field in each.protocol):
        values: dict[str, list[str]] = {}
        for each in measured:
            values.setdefault(str(each.protocol.get(field)), []).append(each.name)
        if len(values) > 1:
            said = ", ".join(f"{value} for {' and '.join(runs)}" for value, runs in values.items())
            words.append(f"{field} is {said}")
    return "; ".join(words)


def _merged(warnings: Sequence[str]) -> list[str]:
    """Metrics with the same reason in one sentence."""
    reasons: dict[str, list[str]] = {}
    for warning in warnings:
        metric, _, reason = warning.partition(" cannot be compared: ")
        reasons.setdefault(reason, []).append(metric)
    return [f"{', '.join(metrics)} cannot be compared: {reason}" for reason, metrics in reasons.items()]


def _is_known(name: str) -> bool:
    return any(f"{name}_".startswith(f"{start}_") for start in METRIC_LABELS)


def _figures(row: dict[str, float], columns: dict[str, str]) -> dict[str, float]:
    return {name: row[name] for name in columns if name in row}


def _of_run(row: Row) -> dict[str, float]:
    return {} if row.is_scale else row.figures
