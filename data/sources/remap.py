"""Class ids that differ from the numbers in the files: a table from,to."""

from __future__ import annotations

import csv
from pathlib import Path

from data.sources.label_format import LARGEST_STORED

UNLISTED = ("error", "unknown")
"""What a number that the table does not list stands for."""

HEADER = ["from", "to"]


def read_remap(file: Path) -> dict[int, int]:
    """Reads a table: columns from (a number in the files, 0 .. 65535) and to (its class id); a header first.

    Raises ValueError with file and line where a row is wrong or a number is listed twice.
    """
    header, *rows = _rows(file)
    if [word.strip().lower() for word in header] != HEADER:
        raise ValueError(f"{file}: the first line is {','.join(header)!r}; it must be 'from,to'")
    table: dict[int, int] = {}
    for number, row in enumerate(rows, start=2):
        words = [word.strip() for word in row]
        if len(words) != 2 or not all(w.isdecimal() and int(w) <= LARGEST_STORED for w in words):
            raise ValueError(
                f"{file}, line {number}: {','.join(row)!r}; give two numbers in 0 to {LARGEST_STORED}"
            )
        stored, label = map(int, words)
        if stored in table:
            raise ValueError(f"{file}, line {number}: {stored} is listed before; list each number once")
        table[stored] = label
    if not table:
        raise ValueError(f"{file}: lists no number; give a line from,to for each")
    return table


def remapped_classes(
    table: dict[int, int], file: Path, num_classes: int, ignore_id: int | None, unlisted: str
) -> dict[int, int]:
    """Number in the files -> class id 0 .. K-1, where K-1 is unknown if there is an `ignore_id`.

    What the table leads to `ignore_id` is unknown; what it does not list is refused, or unknown.
    Raises ValueError where it leads to no class, or where unknown is wanted and there is no such class.
    """
    if unlisted not in UNLISTED:
        raise ValueError(f"unlisted={unlisted}: choose one of {', '.join(UNLISTED)}")
    if unlisted == "unknown" and ignore_id is None:
        raise ValueError("unlisted=unknown needs a class for unknown pixels; set ignore_id=255")
    classes: dict[int, int] = {}
    if unlisted == "unknown":
        classes = dict.fromkeys(range(LARGEST_STORED + 1), num_classes)
    for stored, label in table.items():
        if label != ignore_id and label >= num_classes:
            allowed = f"0 to {num_classes - 1}" + ("" if ignore_id is None else f", or {ignore_id}")
            raise ValueError(f"{file}: {stored} leads to {label}; classes are {allowed}")
        classes[stored] = num_classes if label == ignore_id else label
    return classes


def classes_of_remap(table: dict[int, int], ignore_id: int | None) -> int:
    """How many classes a table leads to, unknown not counted."""
    return max((label for label in table.values() if label != ignore_id), default=-1) + 1


def _rows(file: Path) -> list[list[str]]:
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            return [row for row in csv.reader(lines) if row] or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no table in UTF-8"
        raise ValueError(f"{file}: cannot be read ({reason}); give a table from,to") from error
