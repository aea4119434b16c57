"""CelebAMask-HQ's masks, published as one picture for each part of each face, merged into label maps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.sources.image_io import read_photo

FACES_A_FOLDER = 2000


@dataclass(frozen=True)
class Face:
    """One face's masks: FOLDER/00000_PART.png for those of the `parts` it has."""

    number: int
    folder: Path
    parts: tuple[str, ...]

    def mask(self, part: str) -> Path:
        """The file of a part, which need not exist."""
        return self.folder / f"{self.number:05d}_{part}.png"


def faces(masks: Path, parts: tuple[str, ...], stems: list[str]) -> Iterator[tuple[str, Face]]:
    """Each of the `stems` (numbers of faces) with its masks in MASKS/0 .. MASKS/14, 2000 faces a folder."""
    for stem in stems:
        yield stem, Face(int(stem), masks / str(int(stem) // FACES_A_FOLDER), parts)


def merge_masks(face: Face) -> np.ndarray:
    """Label map of a face, uint8 (H, W): part k, counted from 1, where its mask is not black, else 0.

    Where masks overlap the later part is seen, as in the publisher's own script. Raises ValueError, naming
    the file, where a mask cannot be read, masks differ in size, or there is none.
    """
    labels: np.ndarray | None = None
    for label, part in enumerate(face.parts, start=1):
        file = face.mask(part)
        if not file.exists():
            continue
        inside = np.asarray(read_photo(file)).any(axis=-1)  # (H, W)
        if labels is None:
            labels = np.zeros(inside.shape, dtype=np.uint8)
        if labels.shape != inside.shape:
            raise ValueError(
                f"{file} is {inside.shape[1]}×{inside.shape[0]} (width×height), other masks of this face are "
                f"{labels.shape[1]}×{labels.shape[0]}; unpack the archive again"
            )
        labels[inside] = label
    if labels is None:
        raise ValueError(
            f"{face.mask('skin')} and masks of other parts: there is none for face {face.number}; "
            "unpack the archive again, or remove its photo"
        )
    return labels
