"""The page that shows several runs beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from evaluation.gallery import GalleryRow
from evaluation.report.metric_labels import ARROWS, metric_label
from evaluation.report.numbers import ROW_NAMES
from evaluation.report.page import section, write_page
from evaluation.report.pictures import controls, gallery
from evaluation.studies.comparison import Comparison, Row


def write_comparison(
    folder: Path, names: Sequence[str], table: Comparison, rows: Sequence[GalleryRow]
) -> Path:
    """Writes `folder`/index.html and returns its path.

    `names`: of the runs, in the order of each row's generated pictures; `rows`: their files lie below
    `folder`. The page is one file, as `write_report`'s is.
    """
    sections = section("Numbers", _table(table)) if table.columns else ""
    if rows:
        pictures = controls(rows, {}) + gallery(rows, {}, captions=names)
        sections += section("Pictures", pictures)
    summary = f"{len(names)} runs, {len(rows)} label maps"
    return write_page(folder / "index.html", " | ".join(names), summary, table.warnings, sections)


def _table(table: Comparison) -> str:
    heads = "".join(_head(name, full) for name, full in table.columns.items())
    best = {name: table.best(name) for name in table.columns}
    body = "".join(_row(row, table, best) for row in table.rows)
    return (
        '<div class="wide"><table class="comparison sortable"><thead><tr><th scope="col">run</th>'
        f"{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _head(name: str, full: str) -> str:
    text = metric_label(name)
    return f'<th scope="col">{text.name}&nbsp;{ARROWS[text.better]}<small>{escape(full)}</small></th>'


def _row(row: Row, table: Comparison, best: dict[str, set[str]]) -> str:
    kind = ' class="scale-row"' if row.is_scale else ""
    name = ROW_NAMES[row.name] if row.is_scale else row.name
    cells = "".join(
        f'<td{_best(row, best[metric])} data-value="{row.figures.get(metric, "")}">{cell}</td>'
        for metric, cell in zip(table.columns, table.cells(row))
    )
    return f'<tr{kind}><th scope="row">{escape(name)}</th>{cells}</tr>'


def _best(row: Row, best: set[str]) -> str:
    return ' class="best"' if not row.is_scale and row.name in best else ""
