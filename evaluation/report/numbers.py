"""The table of numbers: the model's, and the scale to read them on."""

from __future__ import annotations

import math
from html import escape

from evaluation.protocol import Protocol, Rows
from evaluation.report.metric_labels import ARROWS, metric_label, written

SCALE_NAMES = {"model": "this model", "mean_colour_baseline": "null model", "real_train": "training photos"}
ROW_NAMES = SCALE_NAMES | {"real_photos": "the photos themselves"}
READING = (
    "The null model paints each class in its mean training colour: what a model must beat. Training photos"
    " are real pictures measured against the same photos: what a model can hope for. Fréchet distances come"
    " out higher for fewer pictures: compare figures of one count only."
)


def numbers_table(metrics: Rows, protocol: Protocol | None) -> str:
    """One row a metric, one column a row of `metrics`; a scale where all three are there; the protocol."""
    names = [name for name in metrics["model"] if name != "images"]
    heads = "".join(f'<th scope="col">{_column_head(row, figures)}</th>' for row, figures in metrics.items())
    body = "".join(_metric_row(name, metrics, protocol) for name in names)
    table = (
        f'<table class="numbers"><thead><tr><th scope="col">metric</th>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )
    reading = f'<p class="reading">{READING}</p>' if len(metrics) > 1 else ""
    return table + reading + ("" if protocol is None else _protocol_list(protocol))


def _column_head(row: str, figures: dict[str, float]) -> str:
    return f"{escape(ROW_NAMES.get(row, row))}<small>{figures['images']:.0f} pictures</small>"


def _metric_row(name: str, metrics: Rows, protocol: Protocol | None) -> str:
    text = metric_label(name)
    full_name = name if protocol is None else protocol.metric_name(name)
    breakable = escape(full_name).replace("_", "_<wbr>")
    head = (
        f'<th scope="row" title="{text.better} is better">{text.name}&nbsp;{ARROWS[text.better]}'
        f"<small>{text.meaning}</small><small><code>{breakable}</code></small></th>"
    )
    cells = "".join(
        f'<td class="{escape(row)}">{written(figures.get(name), text.decimals)}</td>'
        for row, figures in metrics.items()
    )
    return f'<tr class="figures">{head}{cells}</tr>' + _scale_row(name, metrics)


def _scale_row(name: str, metrics: Rows) -> str:
    """A line from 0 with the null model's and the real photos' figures as marks and the model's as a dot."""
    figures = {row: metrics.get(row, {}).get(name) for row in SCALE_NAMES}
    found = {row: value for row, value in figures.items() if value is not None and math.isfinite(value)}
    if len(found) < len(SCALE_NAMES):
        return ""
    end = 1.08 * max(found.values()) or 1.0
    places = {row: 100 * max(0.0, value) / end for row, value in found.items()}
    left, right = sorted((places["real_train"], places["mean_colour_baseline"]))
    marks = (
        f'<b class="span" style="left:{left:.2f}%;width:{right - left:.2f}%"></b>'
        f'<span class="mark" style="left:{places["real_train"]:.2f}%">training photos</span>'
        f'<span class="mark" style="left:{places["mean_colour_baseline"]:.2f}%">null model</span>'
        f'<span class="here" style="left:{places["model"]:.2f}%">this model</span>'
    )
    return (
        f'<tr><td class="scale-cell" colspan="{1 + len(metrics)}"><div class="scale">{marks}</div></td></tr>'
    )


def _protocol_list(protocol: Protocol) -> str:
    entries = "".join(
        f"<div><dt>{escape(word)}</dt><dd>{escape(meaning)}</dd></div>"
        for word, meaning in protocol.describe()
    )
    return f'<dl class="protocol">{entries}</dl>'
