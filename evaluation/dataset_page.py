"""A page of a data set's own pictures: photo, label map in colour, instances' edges. One file, all inside."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from data.sources.source import LabelSet, Record, Source
from evaluation.gallery import label_picture
from evaluation.report.page import write_page
from evaluation.report.pictures import legend
from models.condition import instance_edges

LONGEST = 256  # pixels of a picture's longer side on the page
ROW = 3 * 200 + 20  # CSS pixels of a card with three pictures


def evenly(count: int, length: int) -> list[int]:
    """At most `count` numbers of 0 .. length-1, evenly spread."""
    return sorted({round(place) for place in np.linspace(0, length - 1, min(count, length))})


def write_data_sheet(
    file: Path,
    title: str,
    sources: Mapping[str, Source],
    count: int,
    to_mend: Sequence[str],
    notes: Sequence[str],
    classes: Sequence[tuple[int, str, float, float]],
) -> None:
    """Writes the page: `count` records of each split that can be read, the classes' shares, what was found.

    `classes`: id, name, share of the pixels and of the records. No word of a data set is trusted: all are
    escaped.
    """
    label_set = next(iter(sources.values())).label_set
    sections = [_mend(to_mend), _class_table(classes)]
    for split, source in sources.items():
        cards = "\n".join(_cards(source, count))
        sections.append(
            f"<section><h2>{escape(split)}</h2>{legend(label_set)}"
            f'<div class="gallery" style="--row:{ROW}px">\n{cards}\n</div></section>\n'
        )
    summary = ", ".join(f"{split}: {len(source)} records" for split, source in sources.items())
    file.parent.mkdir(parents=True, exist_ok=True)
    write_page(file, title, summary, notes, "".join(sections))


def _mend(to_mend: Sequence[str]) -> str:
    if not to_mend:
        return "<section><h2>Ready</h2><p>Nothing is in the way of training.</p></section>\n"
    items = "".join(f"<li>{escape(item)}</li>" for item in to_mend)
    return f"<section><h2>To mend</h2><ol>{items}</ol></section>\n"


def _class_table(classes: Sequence[tuple[int, str, float, float]]) -> str:
    rows = "".join(
        f'<tr class="figures"><th scope="row">{label} {escape(name)}</th>'
        f"<td>{pixels:.2%}</td><td>{records:.1%}</td></tr>"
        for label, name, pixels, records in classes
    )
    head = "<th>class</th><th>of the pixels</th><th>in records</th>"
    return (
        f'<section><h2>Classes</h2><details class="legend"><summary>{len(classes)} classes and their '
        f'shares</summary><table class="numbers"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        "</details></section>\n"
    )


def _cards(source: Source, count: int) -> Iterable[str]:
    for index in evenly(count, len(source)):
        try:
            record = source.read(index)
        except ValueError:
            continue  # it is on the list of what to mend
        figures = "".join(
            _figure(caption, picture, record.name) for caption, picture in _pictures(record, source.label_set)
        )
        yield f'<article class="row"><h3>{escape(record.name)}</h3><div>{figures}</div></article>'


def _pictures(record: Record, label_set: LabelSet) -> Iterable[tuple[str, Image.Image]]:
    if record.photo is not None:
        yield "photo", _shrunk(record.photo, Image.Resampling.LANCZOS)
    labels = label_picture(torch.from_numpy(record.labels), label_set)
    yield "label map", _shrunk(labels, Image.Resampling.NEAREST)
    if record.instances is not None:
        edges = instance_edges(torch.from_numpy(record.instances)[None].long())[0]  # (H, W)
        drawn = Image.fromarray((edges.numpy() * 255).astype(np.uint8))
        # Lines one pixel wide would be lost by taking the nearest pixel.
        yield "instance edges", _shrunk(drawn, Image.Resampling.BOX)


def _shrunk(picture: Image.Image, filter: Image.Resampling) -> Image.Image:
    scale = min(1.0, LONGEST / max(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture if size == picture.size else picture.resize(size, filter)


def _figure(caption: str, picture: Image.Image, name: str) -> str:
    stream = io.BytesIO()
    kind = "jpeg" if caption == "photo" else "png"
    picture.save(stream, kind, **({"quality": 85} if kind == "jpeg" else {}))
    data = base64.b64encode(stream.getvalue()).decode("ascii")
    sharp = ' class="labels"' if kind == "png" else ""
    return (
        f'<figure><img{sharp} src="data:image/{kind};base64,{data}" width="{picture.width}" '
        f'height="{picture.height}" loading="lazy" decoding="async" alt="{escape(caption)}: {escape(name)}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )
