"""The page as a whole: a template filled with escaped words and the parts of the other files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template

from data.sources.source import LabelSet
from evaluation.gallery import GalleryRow
from evaluation.protocol import Protocol, Rows
from evaluation.report.classes import class_table
from evaluation.report.curves import charts
from evaluation.report.numbers import numbers_table
from evaluation.report.pictures import Scores, controls, extremes, gallery, legend

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
    scores: Scores | None = None,
    class_figures: Mapping[str, Rows] | None = None,
    shown: int | None = None,
) -> Path:
    """Writes `folder`/index.html and returns its path.

    `rows`: the gallery, whose files lie below `folder`, of which `shown` are on the page (None: all) and the
    worst and the best always; `label_set`: names and colours for the legend; `metrics` and `protocol`: what
    `evaluate` returned and how, None where there were no photos; `curves`: rows of a run's log, each with
    "images" and named figures (generator/..., discriminator/..., evaluation/...); `notes`: sentences for the
    reader; `scores`: figures of single pictures; `class_figures`: those of classes, by a name of
    `classes.CLASS_FIGURES`. All of it may be empty: a section without content is left out. The page is one
    file with style and script inside; no name in it is trusted, and it loads nothing but the pictures beside
    it. Without scripts it lacks sorting alone.
    """
    parts = {
        "Numbers": "" if metrics is None else numbers_table(metrics, protocol),
        "Classes": "" if label_set is None else class_table(label_set, class_figures or {}),
        "Curves": charts(curves),
        "Pictures": "" if label_set is None else _pictures(rows, label_set, scores or {}, shown),
    }
    sections = "".join(section(heading, content) for heading, content in parts.items() if content)
    return write_page(folder / "index.html", title, _summary(rows, protocol), notes, sections)


def write_page(path: Path, title: str, summary: str, notes: Sequence[str], sections: str) -> Path:
    """Fills the template; `sections` is HTML, all else is text."""
    page = Template((HERE / "page.html").read_text(encoding="utf-8")).substitute(
        title=escape(title),
        style=(HERE / "style.css").read_text(encoding="utf-8"),
        script=(HERE / "script.js").read_text(encoding="utf-8"),
        summary=escape(summary),
        notes="".join(f'<p class="note">{escape(note)}</p>' for note in notes),
        sections=sections,
    )
    path.write_text(page, encoding="utf-8")
    return path


def section(heading: str, content: str) -> str:
    """A part of the page under its heading."""
    return f"<section><h2>{heading}</h2>{content}</section>\n"


def _pictures(rows: Sequence[GalleryRow], label_set: LabelSet, scores: Scores, shown: int | None) -> str:
    if not rows:
        return ""
    chosen = rows[:shown]
    skipped = "" if len(chosen) == len(rows) else f", the first {len(chosen)} of {len(rows)}"
    extreme = extremes(rows, scores)
    heading = f"<h3>All{skipped}</h3>" if extreme or skipped else ""
    ordered = controls(chosen, scores) if len(chosen) > 1 else ""
    return legend(label_set) + extreme + heading + ordered + (gallery(chosen, scores) if chosen else "")


def _summary(rows: Sequence[GalleryRow], protocol: Protocol | None) -> str:
    count = f"{len(rows)} label map{'' if len(rows) == 1 else 's'}"
    return count if protocol is None else f"{protocol.dataset}, {protocol.split}: {count}"
