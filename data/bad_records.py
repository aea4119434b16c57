"""Records that cannot be read: the run stops at the first one, or goes on without them while they are few."""

from __future__ import annotations

from collections.abc import Callable

ON_ERROR = ("raise", "skip")
MOST_SHARE = 0.01
"""Of the records may fail; where more do, something is wrong that leaving records out would hide."""


def check_on_error(word: str) -> None:
    """Raises ValueError where `word` is none that on_error may be."""
    if word not in ON_ERROR:
        raise ValueError(f"on_error={word}: choose one of {', '.join(ON_ERROR)}")


class BadRecords:
    """Those that this process has met, each once however often it comes up.

    `length`: records of the data set; `say` is told of each one, in one line.
    """

    def __init__(self, length: int, say: Callable[[str], None]) -> None:
        self.indices: set[int] = set()
        self._length = length
        self._say = say

    def add(self, index: int, message: str) -> None:
        """Counts a record; ValueError where they have become more than `MOST_SHARE` of all."""
        if index in self.indices:
            return
        self.indices.add(index)
        count = len(self.indices)
        if count > MOST_SHARE * self._length:
            raise ValueError(
                f"{count} of {self._length} records cannot be read, more than the {MOST_SHARE:.0%} that "
                f"on_error=skip goes on without; the last: {message}"
            )
        self._say(f"skipped, number {count} of at most {int(MOST_SHARE * self._length)}: {message}")
