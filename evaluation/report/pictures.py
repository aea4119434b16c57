"""The gallery, and the legend of its colours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from urllib.parse import quote

from data.sources.source import LabelSet
from evaluation.gallery import GalleryRow
from evaluation.report.classes import swatch
from evaluation.report.metric_labels import metric_label, written

LONG_LEGEND = 40  # classes from which on the legend is folded away
SMALLEST, LARGEST = 120, 360  # width of a picture on the page, in CSS pixels

Scores = Mapping[str, Mapping[str, float]]
"""Figures of single pictures, by the picture's name and the metric's."""


def legend(label_set: LabelSet) -> str:
    """Names and colours of the classes."""
    entries = "".join(
        f"<li>{swatch(colour)}{escape(name)}</li>"
        for name, colour in zip(label_set.names, label_set.colours, strict=True)
    )
    state = "" if len(label_set) > LONG_LEGEND else " open"
    summary = f"<summary>{len(label_set)} classes</summary>"
    return f'<details class="legend"{state}>{summary}<ul>{entries}</ul></details>'


def gallery(rows: Sequence[GalleryRow], scores: Scores, captions: Sequence[str] = ()) -> str:
    """A card a row: label map | generated | real. Pictures load when they come into view.

    `captions`: of the generated pictures, where they are more than samples of one model.
    """
    most = max(1 + len(row.generated) + (row.photo is not None) for row in rows)
    picture = min(max(max(row.width for row in rows), SMALLEST), LARGEST)
    cards = "\n".join(_card(row, scores.get(row.name, {}), captions) for row in rows)
    return f'<div class="gallery" style="--row:{most * (picture + 6) + 20}px">\n{cards}\n</div>'


def controls(rows: Sequence[GalleryRow], scores: Scores) -> str:
    """Order and search, for the gallery that follows; hidden where scripts do not run."""
    known = dict.fromkeys(name for row in rows for name in scores.get(row.name, {}))
    orders = ["<option value=''>as in the data set</option>", "<option value='name'>by name</option>"]
    for name in known:
        text = metric_label(name)
        worst, best = ("up", "down") if text.better == "higher" else ("down", "up")
        orders += [
            f"<option value='{escape(name)} {way}'>{text.name}, {words} first</option>"
            for way, words in ((worst, "worst"), (best, "best"))
        ]
    return (
        f'<div class="controls" hidden><label>Order <select>{"".join(orders)}</select></label>'
        '<label>Name <input type="search" placeholder="contains …"></label>'
        f'<output aria-live="polite">{len(rows)} shown</output></div>'
    )


def extremes(rows: Sequence[GalleryRow], scores: Scores, count: int = 4) -> str:
    """The worst and the best pictures by LPIPS where it was computed, else by SSIM; "" where neither was."""
    names = {name for figures in scores.values() for name in figures}
    chosen = next((name for word in ("lpips", "ssim") for name in sorted(names) if name.startswith(word)), "")
    ranked = [row for row in rows if chosen in scores.get(row.name, {})]
    if len(ranked) < 2:
        return ""
    text = metric_label(chosen)
    ranked.sort(key=lambda row: scores[row.name][chosen], reverse=text.better == "lower")
    few = min(count, len(ranked) // 2)
    only = {name: {chosen: figures[chosen]} for name, figures in scores.items() if chosen in figures}
    return (
        f"<h3>Worst by {text.name}</h3>{gallery(ranked[:few], only)}"
        f"<h3>Best by {text.name}</h3>{gallery(ranked[::-1][:few], only)}"
    )


def _card(row: GalleryRow, scores: Mapping[str, float], captions: Sequence[str]) -> str:
    pictures = [("label map", row.labels), *_generated(row, captions)]
    if row.photo is not None:
        pictures.append(("real", row.photo))
    figures = "".join(_figure(row, caption, file) for caption, file in pictures)
    data = "".join(f' data-{escape(name)}="{value:.6g}"' for name, value in scores.items())
    said = "".join(
        f"<span>{metric_label(name).name} {written(value, metric_label(name).decimals)}</span>"
        for name, value in scores.items()
    )
    name = escape(row.name)
    return (
        f'<article class="row" data-name="{name}"{data}><h4>{name}{said}</h4><div>{figures}</div></article>'
    )


def _generated(row: GalleryRow, captions: Sequence[str]) -> Iterable[tuple[str, str]]:
    if captions:
        return zip(captions, row.generated, strict=True)
    if len(row.generated) == 1:
        return [("generated", row.generated[0])]
    return [(f"generated {number}", file) for number, file in enumerate(row.generated, start=1)]


def _figure(row: GalleryRow, caption: str, file: str) -> str:
    address = escape(quote(file))
    kind = ' class="labels"' if file == row.labels else ""
    return (
        f'<figure><a href="{address}"><img{kind} src="{address}" width="{row.width}" height="{row.height}"'
        f' loading="lazy" decoding="async" alt="{escape(caption)}: {escape(row.name)}"></a>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )
