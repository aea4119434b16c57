"""The table of numbers: the model's, and the scale to read them on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

from evaluation.protocol import Protocol, Rows

SCALE_NAMES = {"model": "this model", "null_model": "null model", "real_train": "training photos"}
ROW_NAMES = SCALE_NAMES | {"real_photos": "the photos themselves"}
READING = (
    "The null model paints each class in its mean training colour: what a model must beat. Training photos"
    " are real pictures measured against the same photos: what a model can hope for. Fréchet distances come"
    " out higher for fewer pictures: compare figures of one count only."
)


@dataclass(frozen=True)
class MetricText:
    """How a metric is written: its name, what it says, which way is better, and its decimals."""

    name: str
    meaning: str
    better: str
    decimals: int


METRIC_TEXTS = {
    "psnr": MetricText("PSNR", "in decibels, mean over pictures", "higher", 2),
    "ssim": MetricText("SSIM", "mean over pictures", "higher", 3),
    "rmse": MetricText("RMSE", "of colours from 0 to 1, mean over pictures", "lower", 3),
    "fd": MetricText("Fréchet distance", "of features to the real photos", "lower", 1),
    "fid": MetricText("FID", "Fréchet distance of Inception's features", "lower", 1),
    "kid": MetricText("Kernel distance", "of features to the real photos", "lower", 4),
    "precision": MetricText("Precision", "share of pictures among the photos", "higher", 3),
    "recall": MetricText("Recall", "share of photos among the pictures", "higher", 3),
    "lpips": MetricText("LPIPS", "to the photo, mean over pictures", "lower", 3),
    "lpips_diversity": MetricText("Diversity", "LPIPS between samples of a label map", "higher", 3),
    "miou": MetricText("mIoU", "of a segmenter, unknown pixels ignored", "higher", 3),
    "miou_unknown": MetricText("mIoU", "of a segmenter, unknown pixels counted", "higher", 3),
    "pixel": MetricText("Pixel accuracy", "of a segmenter, unknown pixels ignored", "higher", 3),
    "pixel_accuracy_unknown": MetricText("Pixel accuracy", "of a segmenter, unknown counted", "higher", 3),
}
ARROWS = {"higher": "↑", "lower": "↓"}


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
    text = _text(name)
    full_name = name if protocol is None else protocol.metric_name(name)
    breakable = escape(full_name).replace("_", "_<wbr>")
    head = (
        f'<th scope="row" title="{text.better} is better">{text.name}&nbsp;{ARROWS[text.better]}'
        f"<small>{text.meaning}</small><small><code>{breakable}</code></small></th>"
    )
    cells = "".join(
        f'<td class="{escape(row)}">{_number(figures.get(name), text.decimals)}</td>'
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
    left, right = sorted((places["real_train"], places["null_model"]))
    marks = (
        f'<b class="span" style="left:{left:.2f}%;width:{right - left:.2f}%"></b>'
        f'<span class="mark" style="left:{places["real_train"]:.2f}%">training photos</span>'
        f'<span class="mark" style="left:{places["null_model"]:.2f}%">null model</span>'
        f'<span class="here" style="left:{places["model"]:.2f}%">this model</span>'
    )
    return (
        f'<tr><td class="scale-cell" colspan="{1 + len(metrics)}"><div class="scale">{marks}</div></td></tr>'
    )


def _text(name: str) -> MetricText:
    """The text of the longest beginning of `name` that has one."""
    return METRIC_TEXTS[max((start for start in METRIC_TEXTS if f"{name}_".startswith(f"{start}_")), key=len)]


def _number(value: float | None, decimals: int) -> str:
    if value is None:
        return "–"
    return "∞" if math.isinf(value) else f"{value:.{decimals}f}"


def _protocol_list(protocol: Protocol) -> str:
    entries = "".join(
        f"<div><dt>{escape(word)}</dt><dd>{escape(meaning)}</dd></div>"
        for word, meaning in protocol.describe()
    )
    return f'<dl class="protocol">{entries}</dl>'
