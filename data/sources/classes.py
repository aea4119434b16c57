"""Tables that say what ids mean: class lists (name, colour) and other numberings (from, to)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from data.palette import distinct_colours
from data.sources.label_format import LARGEST_STORED
from data.sources.pairing import read_text
from data.sources.source import LabelSet

CLASS_LIST = ("name,red,green,blue", "name,r,g,b")
REMAP = ("from,to",)
UNKNOWN = "unknown"
UNKNOWN_COLOUR = (0, 0, 0)


def read_label_set(file: Path) -> LabelSet:
    """Reads a class list: name, red, green, blue (or r, g, b; 0-255), a class a row, in the order of the ids.

    A class called "unknown" may stand in the last row and makes `has_unknown` true.
    Raises ValueError with file and line where a row is wrong.
    """
    rows = []
    for line, row in _read_table(file, CLASS_LIST):
        if len(row) != 4 or not all(_is_number(value, 255) for value in row[1:]):
            raise ValueError(
                f"{file}, line {line}: {','.join(row)!r}; give a name and three numbers in 0 to 255"
            )
        rows.append(row)
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
        raise ValueError(f"num_classes={num_classes}: give the number of classes in the label maps, from 1")
    names = tuple(f"class {label}" for label in range(num_classes))
    colours = distinct_colours(num_classes)
    if has_unknown:
        names, colours = (*names, UNKNOWN), (*colours, UNKNOWN_COLOUR)
    return LabelSet(names, colours, has_unknown)


def read_remap(file: Path, header: tuple[str, ...] = REMAP) -> dict[int, int]:
    """Reads another numbering: columns from (a number in the files, 0 .. 65535) and to (its class id).

    `header`: other names of the two columns.
    Raises ValueError with file and line where a row is wrong or a number is listed twice.
    """
    table: dict[int, int] = {}
    for line, row in _read_table(file, header):
        if len(row) != 2 or not all(_is_number(value, LARGEST_STORED) for value in row):
            raise ValueError(
                f"{file}, line {line}: {','.join(row)!r}; give two numbers in 0 to {LARGEST_STORED}"
            )
        stored, label = map(int, row)
        if stored in table:
            raise ValueError(f"{file}, line {line}: {stored} is listed before; list each number once")
        table[stored] = label
    if not table:
        raise ValueError(f"{file}: lists no number; give a line {header[0]} for each")
    return table


def remapped_classes(
    file: Path, num_classes: int, ignore_id: int | None, unlisted: str = "error"
) -> dict[int, int]:
    """Number in the files -> class id, by the table in `file`; unknown comes last if there is an `ignore_id`.

    Numbers that the table leads to `ignore_id` are unknown; those that it does not list are an error, or
    unknown where `unlisted` says so. Raises ValueError where the table leads to no class, or unknown is asked
    for and there is no such class.
    """
    classes: dict[int, int] = {}
    if unlisted == "unknown":
        if ignore_id is None:
            raise ValueError("unlisted=unknown needs a class for unknown pixels; set ignore_id=255")
        classes = dict.fromkeys(range(LARGEST_STORED + 1), num_classes)
    for stored, label in read_remap(file).items():
        if label != ignore_id and label >= num_classes:
            allowed = f"0 to {num_classes - 1}" + ("" if ignore_id is None else f", or {ignore_id}")
            raise ValueError(f"{file}: {stored} leads to {label}; classes are {allowed}")
        classes[stored] = num_classes if label == ignore_id else label
    return classes


def _read_table(file: Path, headers: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV table with their lines, empty ones skipped, below one of the `headers`."""
    lines = read_text(file, f"a table {headers[0]}").splitlines()
    header, *rows = [[value.strip() for value in row] for row in csv.reader(lines)] or [[]]
    if ",".join(header).lower() not in headers:
        raise ValueError(f"{file}: the first line is {','.join(header)!r}; it must be {headers[0]!r}")
    return ((number, row) for number, row in enumerate(rows, start=2) if row)


def _is_number(text: str, largest: int) -> bool:
    return text.isdecimal() and len(text) <= len(str(largest)) and int(text) <= largest
