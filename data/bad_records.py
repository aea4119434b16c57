"""Records that cannot be read: the run stops at the first one, or skips them while they are few."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

ON_ERROR = ("raise", "skip")
MAX_FRACTION = 0.01
"""Of the records may be bad; where more are, something is wrong that skipping them would hide."""


@dataclass(frozen=True)
class Unreadable:
    """Takes the place of a record that cannot be read, so that the main process can report it in one line.

    An exception would leave a worker wrapped in that worker's traceback.
    """

    index: int
    message: str


def check_on_error(on_error: str) -> None:
    """Raises ValueError where `on_error` is not one of its choices."""
    if on_error not in ON_ERROR:
        raise ValueError(f"on_error={on_error}: choose one of {', '.join(ON_ERROR)}")


class BadRecords:
    """Those that this process has met, each counted once.

    `length`: records of the data set; `warn` is called with one line about each of them.
    """

    def __init__(self, length: int, warn: Callable[[str], None]) -> None:
        self._indices: set[int] = set()
        self._length = length
        self._warn = warn

    def add(self, record: Unreadable) -> None:
        """Counts a record; ValueError where more than `MAX_FRACTION` of all are bad."""
        if record.index in self._indices:
            return
        self._indices.add(record.index)
        count = len(self._indices)
        if count > MAX_FRACTION * self._length:
            raise ValueError(
                f"{count} of {self._length} records cannot be read, more than the {MAX_FRACTION:.0%} that "
                f"on_error=skip goes on without; the last: {record.message}"
            )
        self._warn(f"skipped, number {count} of at most {int(MAX_FRACTION * self._length)}: {record.message}")
