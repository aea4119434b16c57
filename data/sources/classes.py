"""Class lists: a data set's names and colours from the CSV beside its reader, or numbered ones."""

from __future__ import annotations

import csv
from pathlib import Path

from data.palette import distinct_colours
from data.sources.source import LabelSet

COLUMNS = ("name", "red", "green", "blue")
SHORT_COLUMNS = ("name", "r", "g", "b")
UNKNOWN = "unknown"
UNKNOWN_COLOUR = (0, 0, 0)


def read_label_set(file: Path) -> LabelSet:
    """Reads a class list: name, red, green, blue (or r, g, b; 0-255), a class a row, in the order of the ids.

    A class called "unknown" may stand in the last row and makes `has_unknown` true.
    Raises ValueError with file and line where a row is wrong.
    """
    try:
        with file.open(newline="", encoding="utf-8") as lines:
            header, *rows = list(csv.reader(lines)) or [[]]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{file} is no table in UTF-8 ({error}); save it as CSV, UTF-8") from error
    if tuple(header) not in (COLUMNS, SHORT_COLUMNS):
        raise ValueError(f"{file}: the first line is {','.join(header)!r}; it must be {','.join(COLUMNS)!r}")
    for number, row in enumerate(rows, start=2):
        if len(row) != 4 or not all(
            value.isdecimal() and len(value) <= 3 and int(value) <= 255 for value in row[1:]
        ):
            raise ValueError(
                f"{file}, line {number}: {','.join(row)!r}; give a name and three numbers in 0 to 255"
            )
    names = tuple(row[0] for row in rows)
    if UNKNOWN in names[:-1]:
        raise ValueError(f"{file}: class {UNKNOWN!r} must be the last row, since it takes the last id")
    colours = tuple((int(red), int(green), int(blue)) for _, red, green, blue in rows)
    return LabelSet(names, colours, has_unknown=names[-1:] == (UNKNOWN,))


def numbered_label_set(num_classes: int, has_unknown: bool) -> LabelSet:
    """ "class 0" … in colours easy to tell apart, with a black "unknown" class at the end where wanted.

    Raises ValueError where there is no class, or more than colours can tell apart.
    """
    if num_classes < 1:
        raise ValueError(
            f"num_classes={num_classes}: give the number of classes in the label maps, 1 or more"
        )
    names = tuple(f"class {label}" for label in range(num_classes))
    colours = distinct_colours(num_classes)
    if has_unknown:
        names, colours = (*names, UNKNOWN), (*colours, UNKNOWN_COLOUR)
    return LabelSet(names, colours, has_unknown)
