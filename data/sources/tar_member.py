"""A file inside a tar archive, read where it lies."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True)
class TarMember:
    """`size` bytes from `offset` of `archive`; people know it as `name`."""

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


PictureFile = Path | TarMember
"""Where a picture is read from."""
