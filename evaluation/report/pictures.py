"""The gallery and the legend of its colours."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from data.sources.source import LabelSet
from evaluation.gallery import GalleryRow

LONG_LEGEND = 40  # classes from which on the legend is folded away
SMALLEST, LARGEST = 120, 360  # width of a picture on the page, in CSS pixels


def legend(label_set: LabelSet) -> str:
    """Names and colours of the classes."""
    entries = "".join(
        f'<li><i style="background:rgb({red} {green} {blue})"></i>{escape(name)}</li>'
        for name, (red, green, blue) in zip(label_set.names, label_set.colours, strict=True)
    )
    state = "" if len(label_set) > LONG_LEGEND else " open"
    summary = f"<summary>{len(label_set)} classes</summary>"
    return f'<details class="legend"{state}>{summary}<ul>{entries}</ul></details>'


def gallery(rows: Sequence[GalleryRow]) -> str:
    """A card a row: label map | generated | real. Pictures load when they come into view."""
    most = max(1 + len(row.generated) + (row.photo is not None) for row in rows)
    picture = min(max(max(row.width for row in rows), SMALLEST), LARGEST)
    cards = "\n".join(_card(row) for row in rows)
    return f'<div class="gallery" style="--row:{most * (picture + 6) + 20}px">\n{cards}\n</div>'


def _card(row: GalleryRow) -> str:
    several = len(row.generated) > 1
    pictures = [("label map", row.labels)]
    pictures += [
        (f"generated {number}" if several else "generated", file)
        for number, file in enumerate(row.generated, start=1)
    ]
    if row.photo is not None:
        pictures.append(("real", row.photo))
    figures = "".join(_figure(row, caption, file) for caption, file in pictures)
    return f'<article class="row"><h3>{escape(row.name)}</h3><div>{figures}</div></article>'


def _figure(row: GalleryRow, caption: str, file: str) -> str:
    address = escape(quote(file))
    kind = ' class="labels"' if file == row.labels else ""
    return (
        f'<figure><a href="{address}"><img{kind} src="{address}" width="{row.width}" height="{row.height}"'
        f' loading="lazy" decoding="async" alt="{escape(caption)}: {escape(row.name)}"></a>'
        f"<figcaption>{caption}</figcaption></figure>"
    )
