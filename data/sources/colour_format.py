"""Label maps that are painted: each class in a colour."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PIL import Image

from data.palette import Colour
from data.sources.image_io import ID_MODES, read_photo
from data.sources.label_format import LabelFormat, StoredIds
from data.sources.source import IdsOutOfRange, LabelSet
from data.sources.tar_member import PictureFile

SHIFTS = np.array([16, 8, 0], dtype=np.int32)  # red, green, blue in one number


class StoredColours:
    """An RGB colour a pixel, which says the class.

    `classes`: colour (0-255 each) to class id, for every colour that may occur; several may mean one class.
    """

    def __init__(self, label_set: LabelSet, classes: Mapping[Colour, int]) -> None:
        assert all(0 <= label < len(label_set) for label in classes.values()), "each leads to a class"
        self.label_set = label_set
        codes = _codes(np.array(list(classes), dtype=np.int32))  # (colours,)
        order = np.argsort(codes)
        self._codes, self._class_of = codes[order], np.array(list(classes.values()), dtype=np.int32)[order]

    def read(self, file: PictureFile) -> np.ndarray:
        """Class ids, int32 (H, W).

        Raises ValueError, naming the file, where it cannot be read or shows a colour of no class: the first
        three of these with their pixels, and where.
        """
        codes = _codes(np.asarray(read_photo(file), dtype=np.int32))  # (H, W)
        nearest = np.searchsorted(self._codes, codes).clip(max=len(self._codes) - 1)  # (H, W)
        outside = self._codes[nearest] != codes  # (H, W)
        if outside.any():
            values, counts = np.unique(codes[outside], return_counts=True)
            row, column = np.argwhere(outside)[0]
            named = ", ".join(
                f"{tuple((value >> SHIFTS & 255).tolist())} ({count} pixels)"
                for value, count in zip(values[:3], counts[:3])
            )
            more = f" and {len(values) - 3} more" if len(values) > 3 else ""
            raise IdsOutOfRange(
                f"{file}: colour {named}{more} is that of no class, first at row {row}, column {column}; "
                "correct the file or the list of colours "
                "(JPEG and resizing alter colours: paint label maps as PNG, without smooth edges)"
            )
        return self._class_of[nearest]


class IdsOrColours:
    """A map of numbers, or a painted one, whichever a file turns out to be."""

    def __init__(self, ids: StoredIds, colours: StoredColours) -> None:
        assert ids.label_set == colours.label_set, "both lead to the same classes"
        self.label_set = ids.label_set
        self._ids, self._colours = ids, colours

    def read(self, file: PictureFile) -> np.ndarray:
        """Class ids, int32 (H, W); raises ValueError as the two formats do."""
        label_format: LabelFormat = self._colours if _is_painted(file) else self._ids
        return label_format.read(file)


def _is_painted(file: PictureFile) -> bool:
    try:
        with file.open("rb") as stream, Image.open(stream) as header:
            return header.mode not in ID_MODES
    except OSError:
        return False  # whoever reads it says what is wrong


def _codes(colours: np.ndarray) -> np.ndarray:
    """Colours (..., 3) as numbers (...), each its own."""
    return (colours << SHIFTS).sum(axis=-1, dtype=np.int32)
