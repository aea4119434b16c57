"""Data sets on disk: each record is a label map with its photo and instance map."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from data.sources.label_format import LabelFormat
from data.sources.pairing import list_files, without_partner
from data.sources.reading import read_record
from data.sources.source import Record

ONE_STYLE = ("default",)


class FileList:
    """The files FOLDER/NAME`ending`, by index.

    Names are kept in one block of memory. A list of 100,000 strings is 100,000 objects, and a process that
    looks at one writes its reference count: forked workers would come to own a copy of every page.
    """

    def __init__(self, folder: Path, names: Sequence[str], ending: str = "") -> None:
        self.folder = folder
        self.ending = ending
        self._names = np.array([os.fsencode(name) for name in names], dtype=np.bytes_)

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, index: int) -> Path:
        return self.folder / f"{os.fsdecode(self._names[index])}{self.ending}"


@dataclass(frozen=True)
class Place:
    """Where the files of one kind lie whose names begin alike in all kinds: FOLDER/STEM`ending`."""

    folder: Path
    ending: str

    def file(self, stem: str) -> Path:
        """The file of a stem, which may begin with folders of its own."""
        return self.folder / f"{stem}{self.ending}"

    def stems(self, expected: str) -> list[str]:
        """The stems of all files here, sorted; files with another ending are ignored.

        Raises ValueError, saying what was `expected`, where the folder is missing, closed or has none.
        """
        names, length = list_files(self.folder, expected), len(self.ending)
        stems = sorted(name[:-length] for name in names if name.endswith(self.ending))
        if not stems:
            raise ValueError(
                f"{self.folder}: the name of none of its {len(names)} files ends in {self.ending}; "
                f"expected {expected}"
            )
        return stems

    def __str__(self) -> str:
        return f"{self.folder}/*{self.ending}"


def shared_stems(places: Iterable[Place], expected: str) -> list[str]:
    """The stems that the files of all places have, sorted.

    Raises ValueError where a place is missing or empty, or with counts and the first stems where one has
    files that another has not.
    """
    first, *others = [(place, place.stems(expected)) for place in places]
    return same_stems(first, others)


def same_stems(first: tuple[Place, list[str]], others: Iterable[tuple[Place, list[str]]]) -> list[str]:
    """The stems of the first place; ValueError, as `shared_stems` raises it, where another has others."""
    place, stems = first
    for other, found in others:
        if found != stems:
            alone = [
                *without_partner(sorted(set(stems) - set(found)), place, other),
                *without_partner(sorted(set(found) - set(stems)), other, place),
            ]
            raise ValueError(f"{'; '.join(alone)}: unpack the archives again, or remove what has no partner")
    return stems


class Files(NamedTuple):
    """The files of a split: label maps, and photos and instance maps where there are any, paired by index."""

    labels: FileList
    photos: FileList | None
    instances: FileList | None = None


def files_by_stem(
    stems: Sequence[str], labels: Place, photos: Place, instances: Place | None = None
) -> Files:
    """The files of `stems` in each place."""
    return Files(
        FileList(labels.folder, stems, labels.ending),
        FileList(photos.folder, stems, photos.ending),
        None if instances is None else FileList(instances.folder, stems, instances.ending),
    )


class FileSource:
    """A split whose records are `files`, each named after its label map.

    `styles`: names of the styles, `style_of` a record's name: its style's id; `enlarge`: label maps may be
    smaller than their photos by a whole factor, by which they are enlarged.
    """

    def __init__(
        self,
        label_format: LabelFormat,
        files: Files,
        styles: tuple[str, ...] = ONE_STYLE,
        style_of: Callable[[str], int] | None = None,
        enlarge: bool = False,
    ) -> None:
        self.label_set = label_format.label_set
        self.has_instances = files.instances is not None
        self.styles = styles
        self._label_format = label_format
        self._files = files
        self._style_of = style_of
        self._enlarge = enlarge

    def __len__(self) -> int:
        return len(self._files.labels)

    def read(self, index: int) -> Record:
        """Reads one pair; raises ValueError naming the file, what is wrong with it and the remedy."""
        labels, photo, instances = (None if files is None else files[index] for files in self._files)
        assert labels is not None, "every record has a label map"
        ending = self._files.labels.ending
        name = labels.name.removesuffix(ending) if ending else labels.stem
        style_id = 0 if self._style_of is None else self._style_of(name)
        return read_record(labels, photo, instances, self._label_format, style_id, self._enlarge, name)
