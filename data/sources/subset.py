"""Some records of a source: the first ones, one process's part, or a few that stand for all."""

from __future__ import annotations

from collections.abc import Sequence

from data.sources.source import Record, Source


class Subset:
    """The records of `source` at `indices`, in that order."""

    def __init__(self, source: Source, indices: Sequence[int]) -> None:
        self.source = source
        self.indices = indices
        self.label_set = source.label_set
        self.has_instances = source.has_instances
        self.styles = source.styles

    @classmethod
    def first(cls, source: Source, count: int) -> Subset:
        """The first `count` records, or all where there are fewer."""
        return cls(source, range(_at_most(count, source)))

    @classmethod
    def spread(cls, source: Source, count: int) -> Subset:
        """`count` records, evenly spread over the source, or all where there are fewer."""
        count = _at_most(count, source)
        return cls(source, [place * len(source) // count for place in range(count)])

    @classmethod
    def of_process(cls, source: Source, rank: int, count: int) -> Subset:
        """The `rank`-th of `count` nearly equal parts: one after the other they are the whole.

        Raises ValueError where there are fewer records than processes.
        """
        if len(source) < count:
            raise ValueError(
                f"{len(source)} images cannot be divided among {count} processes; "
                f"start {len(source)} or fewer"
            )
        return cls(source, range(len(source) * rank // count, len(source) * (rank + 1) // count))

    def __len__(self) -> int:
        return len(self.indices)

    def read(self, index: int) -> Record:
        """Reads one pair, as the source does."""
        if not 0 <= index < len(self):
            raise IndexError(f"record {index} of {len(self)}")
        return self.source.read(self.indices[index])


def _at_most(count: int, source: Source) -> int:
    if count < 1:
        raise ValueError(f"{count} images were asked for; give 1 or more")
    return min(count, len(source))
