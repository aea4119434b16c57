"""Records as files in a tar archive: written, found again by their headers, and read where they lie."""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from data.sources.file_source import read_record
from data.sources.label_format import StoredIds
from data.sources.source import LabelSet, Record

PHOTO, LABELS, INSTANCES, DESCRIPTION = "photo.jpg", "labels.png", "instances.png", "json"
PHOTOS = (PHOTO, "photo.jpeg", "photo.png", "photo.webp")
"""Endings that a photo may have; `files_of` writes the first."""

KEY_AND_ENDING = re.compile(r"((?:.*/)?[^.]+)\.([^/]*)")
"""Of a file in an archive: what comes before the first dot of its name, and after it."""


@dataclass(frozen=True)
class TarMember:
    """`size` bytes from `offset` of `archive`, the file `name` in it."""

    archive: Path
    name: str
    offset: int
    size: int

    def open(self, mode: str = "rb") -> BinaryIO:
        """Its bytes as a stream, as `Path.open` gives those of a file."""
        assert mode == "rb", "members are read, as bytes"
        return io.BytesIO(self.read())

    def read(self) -> bytes:
        """Its bytes; OSError where the archive is gone or shorter than it was."""
        with self.archive.open("rb") as archive:
            archive.seek(self.offset)
            data = archive.read(self.size)
        if len(data) < self.size:
            raise OSError(f"the archive ends within it, after {len(data)} of {self.size} bytes")
        return data

    @property
    def stem(self) -> str:
        """Its name without folders and endings."""
        return self.name.rpartition("/")[2].partition(".")[0]

    def __str__(self) -> str:
        return f"{self.archive}: {self.name}"


def write_archive(archive: Path, records: Iterable[tuple[str, dict[str, bytes]]]) -> None:
    """Writes the files of each record, (key, content by ending), as KEY.ENDING.

    Neither time nor user is stored: the same records give the same bytes.
    """
    with tarfile.open(archive, "w") as tar:
        for key, files in records:
            for ending, content in sorted(files.items()):
                info = tarfile.TarInfo(f"{key}.{ending}")
                info.size, info.mode = len(content), 0o444
                tar.addfile(info, io.BytesIO(content))


def records_in(archive: Path) -> list[dict[str, TarMember]]:
    """For each record, in order, its files by their endings ("photo.jpg"); only headers are read.

    Files that follow each other belong together where their names up to the first dot are equal, as the
    webdataset library has it. Raises ValueError where the archive cannot be read to its end.
    """
    records: list[dict[str, TarMember]] = []
    last = None
    try:
        with tarfile.open(archive, "r:") as opened:
            for info in opened:
                found = KEY_AND_ENDING.fullmatch(info.name)
                if not info.isreg() or found is None:
                    continue
                if found[1] != last:
                    records.append({})
                    last = found[1]
                member = TarMember(archive, info.name, info.offset_data, info.size)
                records[-1][found[2].lower()] = member
    except (tarfile.TarError, OSError) as error:
        raise ValueError(
            f"{archive}: cannot be read as an uncompressed tar archive ({error}); make or fetch it again"
        ) from error
    return records


def files_of(record: Record, quality: int) -> dict[str, bytes]:
    """A record's files by their endings; the photo is a JPEG of this quality, colours at full resolution."""
    files = {
        LABELS: _png(record.labels),
        DESCRIPTION: json.dumps({"name": record.name, "style_id": record.style_id}).encode(),
    }
    if record.photo is not None:
        stream = io.BytesIO()
        record.photo.save(stream, "JPEG", quality=quality, subsampling=0)
        files[PHOTO] = stream.getvalue()
    if record.instances is not None:
        files[INSTANCES] = _png(record.instances)
    return files


def record_of(files: dict[str, TarMember], label_set: LabelSet, style_count: int) -> Record:
    """Reads a record back; ValueError names the archive and the file where something is wrong."""
    labels = files.get(LABELS)
    if labels is None:
        some = next(iter(files.values()))
        raise ValueError(f"{some}: there is no {some.stem}.{LABELS} beside it, the record's label map")
    photo = next((files[ending] for ending in PHOTOS if ending in files), None)
    name, style_id = labels.stem, 0
    if DESCRIPTION in files:
        name, style_id = _read_description(files[DESCRIPTION], name, style_count)
    label_format = StoredIds.class_ids(label_set)
    return read_record(labels, photo, files.get(INSTANCES), label_format, style_id, name=name)


def _read_description(file: TarMember, name: str, style_count: int) -> tuple[str, int]:
    try:
        description = json.loads(file.read())
        name, style_id = str(description.get("name", name)), description.get("style_id", 0)
    except (OSError, ValueError, AttributeError) as error:
        raise ValueError(f"{file}: is no JSON of names and values ({error}); make the shard again") from error
    if not isinstance(style_id, int) or not 0 <= style_id < style_count:
        raise ValueError(f"{file}: style_id is {style_id!r}; give a number in 0 to {style_count - 1}")
    return name, style_id


def _png(ids: np.ndarray) -> bytes:
    """Ids (H, W) as a grey PNG of 8 bits, or of 16; numbered anew where they need more."""
    if ids.max() >= 2**16:
        ids = np.unique(ids, return_inverse=True)[1].reshape(ids.shape)
    stream = io.BytesIO()
    Image.fromarray(ids.astype(np.uint8 if ids.max() < 2**8 else np.uint16)).save(stream, "PNG")
    return stream.getvalue()
