"""Data sets on disk: each record is a label map with its photo and instance map."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from data.sources.label_format import LabelFormat
from data.sources.pairing import list_files, without_partner
from data.sources.reading import read_record
from data.sources.source import Record


class FileList:
    """The files FOLDER/NAME`ending`, by index; a name may begin with folders of its own.

    Names are kept in one block of memory. A list of 100,000 strings is 100,000 objects, and a process that
    looks at one writes its reference count: forked workers would come to own a copy of every page.
    """

    def __init__(self, folder: Path, names: Sequence[str], ending: str = "") -> None:
        self.folder = folder
        self.ending = ending
        self._names = np.array([os.fsencode(name) for name in names], dtype=np.bytes_)

    @classmethod
    def find(cls, folder: Path, ending: str, expected: str) -> FileList:
        """All files in `folder` with this ending, sorted.

        Raises ValueError, saying what was `expected`, where the folder is missing, closed or has none.
        """
        names = list_files(folder, expected)
        found = sorted(name[: -len(ending)] for name in names if name.endswith(ending))
        if not found:
            raise ValueError(
                f"{folder}: the name of none of its {len(names)} files ends in {ending}; expected {expected}"
            )
        return cls(folder, found, ending)

    @property
    def names(self) -> list[str]:
        """All names, without the ending."""
        return [os.fsdecode(name) for name in self._names]

    def only(self, names: Sequence[str]) -> FileList:
        """The files of these names."""
        return FileList(self.folder, names, self.ending)

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, index: int) -> Path:
        return self.folder / f"{os.fsdecode(self._names[index])}{self.ending}"

    def __str__(self) -> str:
        return f"{self.folder}/*{self.ending}"


def require_same_names(first: FileList, *others: FileList | None) -> None:
    """Raises ValueError with counts and the first names where one list has files that another has not."""
    names = set(first.names)
    for other in others:
        if other is not None and (found := set(other.names)) != names:
            alone = [
                *without_partner(sorted(names - found), first, other),
                *without_partner(sorted(found - names), other, first),
            ]
            raise ValueError(f"{'; '.join(alone)}: unpack the archives again, or remove what has no partner")


class FileSource:
    """A split whose records are files, paired by index, and named after their label maps.

    `styles`: names of the styles, `style_of` a record's name: its style's id; `enlarge`: label maps may be
    smaller than their photos by a whole factor, by which they are enlarged.
    """

    def __init__(
        self,
        label_format: LabelFormat,
        labels: FileList,
        photos: FileList | None,
        instances: FileList | None = None,
        styles: tuple[str, ...] = ("default",),
        style_of: Callable[[str], int] | None = None,
        enlarge: bool = False,
    ) -> None:
        self.label_set = label_format.label_set
        self.has_instances = instances is not None
        self.styles = styles
        self._label_format = label_format
        self._labels, self._photos, self._instances = labels, photos, instances
        self._style_of = style_of
        self._enlarge = enlarge

    def __len__(self) -> int:
        return len(self._labels)

    def read(self, index: int) -> Record:
        """Reads one pair; raises ValueError naming the file, what is wrong with it and the remedy."""
        labels = self._labels[index]
        ending = self._labels.ending
        name = labels.name.removesuffix(ending) if ending else labels.stem
        return read_record(
            labels,
            None if self._photos is None else self._photos[index],
            None if self._instances is None else self._instances[index],
            self._label_format,
            0 if self._style_of is None else self._style_of(name),
            self._enlarge,
            name,
        )
