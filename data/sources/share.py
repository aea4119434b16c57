"""One process's share of a source, where several work on it together."""

from __future__ import annotations

from data.sources.source import Record, Source


class Share:
    """The `rank`-th of `count` stretches of `source`, nearly equal: one after the other they are the whole.

    `first`: the place in `source` of the share's first record.

    Raises ValueError where there are fewer records than processes.
    """

    def __init__(self, source: Source, rank: int, count: int) -> None:
        if len(source) < count:
            raise ValueError(
                f"{len(source)} pictures are shared among {count} processes; start {len(source)} or fewer"
            )
        self.source = source
        self.label_set = source.label_set
        self.has_instances = source.has_instances
        self.styles = source.styles
        self.first, self._end = (len(source) * part // count for part in (rank, rank + 1))

    def __len__(self) -> int:
        return self._end - self.first

    def read(self, index: int) -> Record:
        """Reads one pair, as the source does."""
        return self.source.read(self.first + index)
