"""The contract of a data set's reader: what is stored, before any transform."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class LabelSet:
    """The classes of a data set, in the order of their ids.

    Where the data set has unknown (void) pixels they are one more class, the last one, so that every
    id that leaves a reader lies in 0 .. len(names) - 1.

    `names`: one a class; `colours`: RGB 0-255, one a class, to paint label maps with;
    `has_unknown`: the last class is "unknown".
    """

    names: tuple[str, ...]
    colours: tuple[tuple[int, int, int], ...]
    has_unknown: bool

    def __len__(self) -> int:
        return len(self.names)

    @property
    def known(self) -> int:
        """The number of classes, unknown not counted."""
        return len(self.names) - self.has_unknown

    @property
    def unknown(self) -> int | None:
        """The id of the unknown class, or None."""
        return len(self.names) - 1 if self.has_unknown else None


@dataclass(frozen=True)
class Record:
    """One pair as it is stored, at its own size.

    `photo` is RGB or None; `labels` are ids in 0 .. K-1, int32 (H, W) (unknown already mapped to the
    last class); `instances` are instance ids, int32 (H, W), or None.
    """

    photo: Image.Image | None
    labels: np.ndarray
    instances: np.ndarray | None
    style_id: int
    name: str


class SplitAbsent(ValueError):
    """The data set has no split of this name, or nothing lies where it would be."""


class UnreadableImage(ValueError):
    """A file is missing, damaged, or of a kind that its use does not allow."""


class SizeMismatch(ValueError):
    """The files of a record have several sizes."""


class IdsOutOfRange(ValueError):
    """A label map holds `ids` that stand for no class."""

    def __init__(self, message: str, ids: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.ids = tuple(ids)


class Source(Protocol):
    """A data set's split that can be read by index; cheap to pickle into the loader's workers."""

    label_set: LabelSet
    has_instances: bool
    styles: tuple[str, ...]  # names of the styles, index = style id; one entry where there is one style

    def __len__(self) -> int: ...

    def read(self, index: int) -> Record:
        """Reads one pair; raises ValueError naming the file, what is wrong with it and the remedy."""
        ...


class Splits(NamedTuple):
    """The splits of a data set that can be opened; why others are absent, or cannot be opened."""

    sources: dict[str, Source]
    absent: dict[str, str]
    refused: dict[str, str]


def open_splits(open_split: Callable[[str], Source], names: Sequence[str]) -> Splits:
    """Opens each of the splits `names`."""
    splits = Splits({}, {}, {})
    for name in names:
        try:
            splits.sources[name] = open_split(name)
        except SplitAbsent as error:
            splits.absent[name] = str(error)
        except ValueError as error:
            splits.refused[name] = str(error)
    return splits


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
