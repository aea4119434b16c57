"""How the files of a data set store its classes: as numbers, or painted in colours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Protocol

import numpy as np
from PIL import Image

from data.palette import Colour
from data.sources.image_io import ID_MODES, ImageFile, read_ids, read_photo
from data.sources.source import IdsOutOfRange, LabelSet

OUTSIDE = -1
LARGEST_STORED = 2**16 - 1
SHIFTS = np.array([16, 8, 0], dtype=np.int32)  # red, green and blue in one number


class LabelFormat(Protocol):
    """Reads one label map as class ids, wherever it lies; small, and cheap to pickle into workers."""

    label_set: LabelSet

    def read(self, file: ImageFile) -> np.ndarray:
        """Class ids 0 .. K-1, int32 (H, W); ValueError names the file, what is wrong and the remedy."""
        ...


class StoredIds:
    """One number a pixel, which need not be the class id: ADE20K stores 0 for unknown and 1 for class 0.

    `classes`: stored number (0 .. 65535) to class id, for every number that may occur.
    """

    def __init__(self, label_set: LabelSet, classes: Mapping[int, int]) -> None:
        assert all(0 <= stored <= LARGEST_STORED for stored in classes), "8 or 16 bits are stored"
        assert all(0 <= label < len(label_set) for label in classes.values()), "each leads to a class"
        self.label_set = label_set
        self._class_of = np.full(max(classes) + 2, OUTSIDE, dtype=np.int32)  # the last: for all above
        self._class_of[list(classes)] = list(classes.values())

    @classmethod
    def in_order(cls, label_set: LabelSet, first: int = 0, unknown: int | None = None) -> StoredIds:
        """Class 0 is stored as `first`, class 1 as the next number; `unknown` stands for unknown pixels.

        `unknown` may be one of the numbers that would be a class; then that class does not occur.
        """
        assert label_set.has_unknown == (unknown is not None), "unknown is stored where there is such a class"
        classes = {first + label: label for label in range(label_set.known)}
        if unknown is not None:
            classes[unknown] = len(label_set) - 1
        return cls(label_set, classes)

    @classmethod
    def class_ids(cls, label_set: LabelSet) -> StoredIds:
        """The class ids themselves, that of unknown included."""
        return cls(label_set, {label: label for label in range(len(label_set))})

    def read(self, file: ImageFile) -> np.ndarray:
        """Class ids, int32 (H, W).

        Raises ValueError, naming the file, where it is no map of numbers, or holds one that stands for
        no class: the first three of these with their pixels, and those that are allowed.
        """
        return self.as_labels(read_ids(file), file)

    def as_labels(self, stored: np.ndarray, file: ImageFile) -> np.ndarray:
        """What the numbers (H, W) of `file` stand for; raises as `read` does."""
        labels = self._class_of[stored.clip(-1, len(self._class_of) - 1)]  # (H, W)
        if labels.min(initial=0) == OUTSIDE:
            outside = stored[labels == OUTSIDE]
            raise IdsOutOfRange(
                f"{file}: label id {_first_three(outside)} out of range: allowed ids are {self._allowed()}; "
                "correct the file, the number of classes or the id that stands for unknown",
                np.unique(outside).tolist(),
            )
        return labels

    def _allowed(self) -> str:
        unknown = OUTSIDE if self.label_set.unknown is None else self.label_set.unknown
        known = np.flatnonzero((self._class_of != OUTSIDE) & (self._class_of != unknown))
        allowed = _ranges(known.tolist())
        if self.label_set.has_unknown:
            allowed += f", and {_ranges(np.flatnonzero(self._class_of == unknown).tolist())} for unknown"
        return allowed


class StoredColours:
    """An RGB colour a pixel.

    `classes`: colour (0-255 each) to class id, for every colour that may occur; several may stand for one
    class. By default each class is painted in its own colour.
    """

    def __init__(self, label_set: LabelSet, classes: Mapping[Colour, int] | None = None) -> None:
        if classes is None:
            classes = {colour: label for label, colour in enumerate(label_set.colours)}
        assert all(0 <= label < len(label_set) for label in classes.values()), "each leads to a class"
        self.label_set = label_set
        codes = _codes(np.array(list(classes), dtype=np.int32))  # (colours,)
        order = np.argsort(codes)
        self._codes, self._class_of = codes[order], np.array(list(classes.values()), dtype=np.int32)[order]

    def read(self, file: ImageFile) -> np.ndarray:
        """Class ids, int32 (H, W).

        Raises ValueError, naming the file, where it cannot be read or shows a colour of no class: the first
        three of these with their pixels, and where.
        """
        codes = _codes(np.asarray(read_photo(file), dtype=np.int32))  # (H, W)
        nearest = np.searchsorted(self._codes, codes).clip(max=len(self._codes) - 1)  # (H, W)
        outside = self._codes[nearest] != codes  # (H, W)
        if outside.any():
            row, column = np.argwhere(outside)[0]
            colours = _first_three(codes[outside], lambda code: str(tuple((code >> SHIFTS & 255).tolist())))
            raise IdsOutOfRange(
                f"{file}: colour {colours} is that of no class, first at row {row}, column {column}; "
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

    def read(self, file: ImageFile) -> np.ndarray:
        """Class ids, int32 (H, W); raises ValueError as the two formats do."""
        return self._colours.read(file) if _is_painted(file) else self._ids.read(file)


def _is_painted(file: ImageFile) -> bool:
    try:
        with file.open("rb") as stream, Image.open(stream) as header:
            return header.mode not in ID_MODES
    except OSError:
        return False  # reading it says what is wrong


def _codes(colours: np.ndarray) -> np.ndarray:
    """Colours (..., 3) as numbers (...), each its own."""
    return (colours << SHIFTS).sum(axis=-1, dtype=np.int32)


def _first_three(values: np.ndarray, text: Callable[[int], str] = str) -> str:
    """The first three of the values with how often each occurs, and how many more there are."""
    numbers, counts = np.unique(values, return_counts=True)
    named = [f"{text(number)} ({count} pixels)" for number, count in zip(numbers[:3], counts[:3])]
    more = f" and {len(numbers) - 3} more" if len(numbers) > 3 else ""
    return ", ".join(named) + more


def _ranges(numbers: Iterable[int]) -> str:
    """Ascending numbers as ranges: "0 to 34, 255"."""
    by_offset = groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])
    runs = [[number for _, number in run] for _, run in by_offset]
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
