"""The figures of each class: a table whose cells are bars, with the scale as ticks on them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from data.sources.source import LabelSet
from evaluation.protocol import Rows


@dataclass(frozen=True)
class ClassFigure:
    """How a figure of classes is written; `scale`: the row whose figures are the ticks, `tick`: its words."""

    name: str
    meaning: str
    scale: str
    tick: str
    decimals: int


CLASS_FIGURES = {
    "colour_error": ClassFigure(
        "colour error ↓", "of its mean colour, in levels of 255", "mean_colour_baseline", "null model", 1
    ),
    "iou": ClassFigure("IoU ↑", "of a segmenter", "real_photos", "the photos themselves", 3),
}


def class_table(label_set: LabelSet, figures: Mapping[str, Rows]) -> str:
    """A row a class; `figures`: by a name of `CLASS_FIGURES`, row (model, ...) and class. "" for none."""
    shown = {name: rows for name, rows in figures.items() if rows.get("model")}
    if not shown:
        return ""
    heads = "".join(
        f'<th scope="col">{CLASS_FIGURES[name].name}<small>{CLASS_FIGURES[name].meaning}</small></th>'
        for name in shown
    )
    ends = {name: max(_finite(rows), default=0.0) or 1.0 for name, rows in shown.items()}
    body = "".join(
        f'<tr><th scope="row">{swatch(colour)}{escape(word)}</th>'
        + "".join(_cell(CLASS_FIGURES[name], rows, word, ends[name]) for name, rows in shown.items())
        + "</tr>"
        for word, colour in zip(label_set.names, label_set.colours, strict=True)
        if any(word in rows["model"] for rows in shown.values())
    )
    ticks = "; ".join(
        f"{CLASS_FIGURES[name].name[:-2]}: {CLASS_FIGURES[name].tick}"
        for name, rows in shown.items()
        if rows.get(CLASS_FIGURES[name].scale)
    )
    reading = f'<p class="reading">Bars: this model. Ticks on them: {ticks}.</p>' if ticks else ""
    return (
        f'<table class="classes sortable"><thead><tr><th scope="col">class</th>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table>{reading}"
    )


def swatch(colour: tuple[int, int, int]) -> str:
    """A spot in the colour of a class."""
    red, green, blue = colour
    return f'<i style="background:rgb({red} {green} {blue})"></i>'


def _cell(figure: ClassFigure, rows: Rows, word: str, end: float) -> str:
    value, mark = (rows.get(row, {}).get(word, math.nan) for row in ("model", figure.scale))
    if not math.isfinite(value):
        return '<td data-value=""><span>–</span></td>'
    written = f"{value:.{figure.decimals}f}"
    tick = ""
    if math.isfinite(mark):
        at = 100 * mark / end
        tick = f'<line x1="{at:.2f}" x2="{at:.2f}" y1="0" y2="10"/>'
    return (
        f'<td data-value="{value:.6g}"><span>{written}</span>'
        f'<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="{written}">'
        f'<rect y="2" width="{100 * value / end:.2f}" height="6"/>{tick}</svg></td>'
    )


def _finite(rows: Rows) -> list[float]:
    return [value for figures in rows.values() for value in figures.values() if math.isfinite(value)]
