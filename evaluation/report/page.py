"""The page as a whole: a template filled with escaped words and the parts of the other files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template

from data.sources.source import LabelSet
from evaluation.gallery import GalleryRow
from evaluation.protocol import Protocol, Rows
from evaluation.report.curves import loss_charts
from evaluation.report.numbers import numbers_table
from evaluation.report.pictures import gallery, legend

HERE = Path(__file__).parent


def write_report(
    folder: Path,
    title: str,
    rows: Sequence[GalleryRow],
    label_set: LabelSet | None,
    metrics: Rows | None = None,
    protocol: Protocol | None = None,
    curves: Sequence[Mapping[str, float]] = (),
    notes: Sequence[str] = (),
) -> Path:
    """Writes `folder`/index.html and returns its path.

    `rows`: the gallery, whose files lie below `folder`; `label_set`: names and colours for the legend;
    `metrics` and `protocol`: what `evaluate` returned and how, None where there were no photos; `curves`:
    rows of a run's log, each with "images" and named losses (generator/..., discriminator/...); `notes`:
    sentences for the reader. All of it may be empty: a section without content is left out. The page is one
    file with its style inside; no name in it is trusted, and it loads nothing but the pictures beside it.
    """
    numbers = "" if metrics is None else _section("Numbers", numbers_table(metrics, protocol))
    charts = loss_charts(curves)
    losses = _section("Losses", charts) if charts else ""
    pictures = (
        _section("Pictures", legend(label_set) + gallery(rows)) if rows and label_set is not None else ""
    )
    page = Template((HERE / "page.html").read_text(encoding="utf-8")).substitute(
        title=escape(title),
        style=(HERE / "style.css").read_text(encoding="utf-8"),
        summary=escape(_summary(rows, protocol)),
        notes="".join(f'<p class="note">{escape(note)}</p>' for note in notes),
        sections=numbers + losses + pictures,
    )
    path = folder / "index.html"
    path.write_text(page, encoding="utf-8")
    return path


def _section(heading: str, content: str) -> str:
    return f"<section><h2>{heading}</h2>{content}</section>\n"


def _summary(rows: Sequence[GalleryRow], protocol: Protocol | None) -> str:
    count = f"{len(rows)} label map{'' if len(rows) == 1 else 's'}"
    return count if protocol is None else f"{protocol.dataset}, {protocol.split}: {count}"
