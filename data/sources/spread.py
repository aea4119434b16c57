"""A part of a source that stands for the whole, where all would take too long."""

from __future__ import annotations

from data.sources.source import Record, Source


class Spread:
    """`count` records of `source`, evenly spread over it, or all where it has fewer."""

    def __init__(self, source: Source, count: int) -> None:
        if count < 1:
            raise ValueError(f"{count} images were asked for; give 1 or more")
        self.source = source
        self.label_set = source.label_set
        self.has_instances = source.has_instances
        self.styles = source.styles
        self._count = min(count, len(source))

    def __len__(self) -> int:
        return self._count

    def read(self, index: int) -> Record:
        """Reads one pair, as the source does."""
        if not 0 <= index < self._count:
            raise IndexError(f"record {index} of {self._count}")
        return self.source.read(index * len(self.source) // self._count)
