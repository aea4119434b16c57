"""The files that a record is kept in, and back."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from data.sources.label_format import StoredIds
from data.sources.reading import read_record
from data.sources.source import LabelSet, Record
from data.sources.tar_member import TarMember

PHOTO, LABELS, INSTANCES, FACTS = "photo.jpg", "labels.png", "instances.png", "json"
PHOTOS = (PHOTO, "photo.jpeg", "photo.png", "photo.webp")
"""Endings that a photo may have; `files_of` writes the first."""


def files_of(record: Record, quality: int) -> dict[str, bytes]:
    """A record's files by their endings; the photo is a JPEG of this quality, colours at full resolution."""
    files = {
        LABELS: _png(record.labels),
        FACTS: json.dumps({"name": record.name, "style_id": record.style_id}).encode(),
    }
    if record.photo is not None:
        stream = io.BytesIO()
        record.photo.save(stream, "JPEG", quality=quality, subsampling=0)
        files[PHOTO] = stream.getvalue()
    if record.instances is not None:
        files[INSTANCES] = _png(_in_16_bits(record.instances))
    return files


def record_of(files: dict[str, TarMember], label_set: LabelSet, style_count: int) -> Record:
    """Reads a record back; ValueError names the archive and the file where something is wrong."""
    labels = files.get(LABELS)
    some = next(iter(files.values()))
    if labels is None:
        raise ValueError(f"{some}: there is no {some.stem}.{LABELS} beside it, the record's label map")
    photo = next((files[ending] for ending in PHOTOS if ending in files), None)
    facts = _facts(files[FACTS]) if FACTS in files else {}
    style_id = facts.get("style_id", 0)
    if not isinstance(style_id, int) or not 0 <= style_id < style_count:
        raise ValueError(f"{files[FACTS]}: style_id is {style_id!r}; give a number in 0 to {style_count - 1}")
    stored = StoredIds(label_set, {label: label for label in range(len(label_set))})
    record = read_record(labels, photo, files.get(INSTANCES), stored, style_id)
    return replace(record, name=str(facts.get("name", record.name)))


def _facts(file: TarMember) -> dict[str, Any]:
    try:
        facts = json.loads(file.read())
    except (OSError, ValueError) as error:
        raise ValueError(f"{file}: cannot be read as JSON ({error}); make the shard again") from error
    if not isinstance(facts, dict):
        raise ValueError(f"{file}: holds no table of names and values; make the shard again")
    return facts


def _png(ids: np.ndarray) -> bytes:
    """Ids (H, W) as a grey PNG of 8 bits, or of 16 where 8 do not do."""
    stream = io.BytesIO()
    Image.fromarray(ids.astype(np.uint8 if ids.max() < 2**8 else np.uint16)).save(stream, "PNG")
    return stream.getvalue()


def _in_16_bits(instances: np.ndarray) -> np.ndarray:
    """The same instances, numbered anew where their ids need more than 16 bits."""
    if instances.max() < 2**16:
        return instances
    return np.unique(instances, return_inverse=True)[1].reshape(instances.shape)
