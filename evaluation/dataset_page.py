"""A page of a data set's own pictures: photo, label map in colour, instances' edges. One file, all inside."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import torch
from PIL import Image

from data.sources.source import LabelSet, Record, Source, Subset
from evaluation.gallery import label_picture
from evaluation.report.page import write_page
from models.condition import instance_edges

LONGEST = 256  # pixels of a picture's longer side on the page


def write_dataset_page(
    path: Path,
    title: str,
    sources: Mapping[str, Source],
    count: int,
    to_fix: Sequence[str],
    notes: Sequence[str],
    classes: Sequence[tuple[int, str, float, float]],
) -> None:
    """Writes the page: `count` readable records of each split, how frequent the classes are, what was found.

    `classes`: id, name, fraction of the pixels and of the records.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    splits: dict[str, dict[str, dict[str, Image.Image]]] = {}
    for split, source in sources.items():
        splits[split], shown = {}, Subset.spread(source, count)
        for index in range(len(shown)):
            with suppress(ValueError):  # it is on the list of what to fix
                record = shown.read(index)
                splits[split][record.name] = _pictures(record, source.label_set)
    write_page(
        path,
        "dataset.html",
        title,
        ", ".join(f"{split}: {len(source)} records" for split, source in sources.items()),
        notes,
        to_fix=to_fix,
        classes=classes,
        label_set=next(iter(sources.values())).label_set,
        splits=splits,
        data_address=data_address,
    )


def _pictures(record: Record, label_set: LabelSet) -> dict[str, Image.Image]:
    """By caption, as large as the page shows them."""
    pictures = {}
    if record.photo is not None:
        pictures["photo"] = record.photo
        record.photo.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    pictures["label map"] = label_picture(torch.from_numpy(record.labels), label_set)
    pictures["label map"].thumbnail((LONGEST, LONGEST), Image.Resampling.NEAREST)
    if record.instances is not None:
        edges = instance_edges(torch.from_numpy(record.instances)[None].long())[0]  # (H, W)
        pictures["instance edges"] = Image.fromarray(edges.byte().mul(255).numpy())
        # The nearest pixel would lose lines that are one pixel wide.
        pictures["instance edges"].thumbnail((LONGEST, LONGEST), Image.Resampling.BOX)
    return pictures


def data_address(picture: Image.Image, format: str) -> str:
    """The file of a picture as an address that holds all of it; `format`: "png" or "jpeg"."""
    stream = io.BytesIO()
    picture.save(stream, format, quality=85)
    return f"data:image/{format};base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"
