"""Several evaluations beside each other: one table, and which columns cannot be compared."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pandas import DataFrame, concat

from evaluation.gallery import GalleryRow
from evaluation.metrics import METRICS, metric_label, written
from evaluation.protocol import METRICS_FILE, Rows
from evaluation.report.metrics_table import ROW_TITLES
from evaluation.report.page import write_page

REFERENCES = ("mean_colour_baseline", "real_train", "real_photos")
"""Rows of a metrics.json that depend on no run."""
FORMER_NAMES = {"null_model": "mean_colour_baseline"}
"""Rows of earlier versions, and what they are called now."""
INCOMPARABLE = " ≠"
"""On the headings of columns whose values were not all made in one way."""


@dataclass(frozen=True)
class Results:
    """The metrics.json of a results folder: `names` are the metrics' full names by their short ones."""

    name: str
    folder: Path
    rows: Rows
    names: dict[str, str]
    protocol: dict[str, object]


@dataclass(frozen=True)
class Comparison:
    """`runs`, `references`: a row each, a column for each metric by its short name, NaN where it is absent.

    `headings`: of the columns; `warnings`: what may not be compared, and why.
    """

    runs: DataFrame
    references: DataFrame
    headings: dict[str, str]
    warnings: list[str]

    def best(self) -> DataFrame:
        """Whether each value of `runs` is the best of its column; none where there is nothing to choose."""
        best = DataFrame(False, self.runs.index, self.runs.columns)
        for name, heading in self.headings.items():
            values, better = self.runs[name], metric_label(name).better
            if values.count() > 1 and not heading.endswith(INCOMPARABLE):
                best[name] = values == (values.max() if better == "higher" else values.min())
        return best

    def values(self) -> DataFrame:
        """Runs, then references, under the columns' headings."""
        return concat([self.runs, self.references]).rename(columns=self.headings).rename_axis("run")

    def texts(self) -> DataFrame:
        """The same with the decimals of each metric."""
        labels = {heading: metric_label(name) for name, heading in self.headings.items()}
        return self.values().apply(lambda column: column.map(partial(written, label=labels[column.name])))


def read_results(folder: Path, name: str) -> Results:
    """What was measured in a results folder; ValueError where nothing was, or the file is damaged."""
    file = folder / METRICS_FILE
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        rows = {
            FORMER_NAMES.get(row, row): {str(metric): float(value) for metric, value in values.items()}
            for row, values in content["metrics"].items()
        }
        names = {str(short): str(full) for short, full in content["names"].items()}
        return Results(name, folder, rows, names, dict(content["protocol"]))
    except FileNotFoundError as error:
        how = f"run python test.py name={name} first, or name a results folder"
        raise ValueError(f"{file} is absent: {how}") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file} is damaged ({error}); run test.py again") from error


def compare(results: Sequence[Results]) -> Comparison:
    """A row for each run, the references of the first; a column for each known metric, in their order."""
    headings: dict[str, str] = {}
    reasons: dict[str, list[str]] = {}
    for short in dict.fromkeys(name for each in results for name in each.names if _is_known(name)):
        having = [each for each in results if short in each.names]
        reason = _differences(having)
        headings[short] = short + INCOMPARABLE if reason else having[0].names[short]
        if reason:
            reasons.setdefault(reason, []).append(short)
    references = {row: results[0].rows[row] for row in REFERENCES if row in results[0].rows}
    return Comparison(
        _table({each.name: each.rows["model"] for each in results}, headings),
        _table(references, headings),
        headings,
        [f"{', '.join(metrics)} cannot be compared: {reason}" for reason, metrics in reasons.items()],
    )


def markdown(table: DataFrame, text_columns: int = 0) -> str:
    """Texts as a table for a document, the index first; beside `text_columns`, all are aligned right."""
    rule = ["---"] * (1 + text_columns) + ["---:"] * (len(table.columns) - text_columns)
    rows = [[name.replace("|", "\\|"), *cells] for name, *cells in table.itertuples()]
    return "".join(f"| {' | '.join(row)} |\n" for row in [["", *table.columns], rule, *rows])


def as_markdown(comparison: Comparison) -> str:
    """The table for a document, the best of each column in bold, with the warnings."""
    texts = comparison.texts()
    runs = texts.iloc[: len(comparison.runs)]
    bold = ("**" + runs + "**").where(comparison.best().to_numpy(), runs)
    references = texts.iloc[len(runs) :].rename("*{}*".format)
    return markdown(concat([bold, references])) + "".join(f"\n{each}\n" for each in comparison.warnings)


def write_comparison(folder: Path, comparison: Comparison, rows: Sequence[GalleryRow]) -> Path:
    """Writes `folder`/index.html and returns its path.

    `rows`: pictures of the runs, in their order; their files lie below `folder`.
    """
    names = list(comparison.runs.index)
    return write_page(
        folder / "index.html",
        "comparison.html",
        " | ".join(names),
        f"{len(names)} runs, {len(rows)} label maps",
        comparison.warnings,
        columns=[(metric_label(name), heading) for name, heading in comparison.headings.items()],
        titles=names + [ROW_TITLES[name] for name in comparison.references.index],
        values=comparison.values().to_numpy(),
        texts=comparison.texts().to_numpy(),
        best=comparison.best().to_numpy(),
        rows=rows,
        names=names,
    )


def _table(rows: Rows, headings: dict[str, str]) -> DataFrame:
    return DataFrame(list(rows.values()), list(rows)).reindex(columns=list(headings)).astype(float)


def _differences(results: Sequence[Results]) -> str:
    """How the ways differ in which the values were made; "" where they do not."""
    differing = []
    for field in dict.fromkeys(field for each in results for field in each.protocol):
        runs: dict[str, list[str]] = {}
        for each in results:
            runs.setdefault(str(each.protocol.get(field)), []).append(each.name)
        if len(runs) > 1:
            listed = ", ".join(f"{value} for {' and '.join(names)}" for value, names in runs.items())
            differing.append(f"{field} is {listed}")
    return "; ".join(differing)


def _is_known(name: str) -> bool:
    return any(f"{name}_".startswith(f"{start}_") for start in METRICS)
