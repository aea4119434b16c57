"""Data sets on disk: each record is a label map with its photo and instance map.

Photos are turned upright as their EXIF orientation says, as viewers show them. A label map that was drawn on
the upright photo fits it then. One that was drawn by a program that ignores the orientation has the photo's
size as stored: it is turned along. Where turning keeps the size (upside down, mirrored, or a square) the two
cannot be told apart, and the label map is taken to be drawn on the upright photo.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from data.sources.image_io import ORIENTATION, ImageFile, read_ids, read_photo
from data.sources.label_format import LabelFormat
from data.sources.pairing import list_files, without_partner
from data.sources.source import Record, SizeMismatch


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


def read_record(
    labels: ImageFile,
    photo: ImageFile | None,
    instances: ImageFile | None,
    label_format: LabelFormat,
    style_id: int = 0,
    enlarge: bool = False,
    name: str | None = None,
) -> Record:
    """Reads the files of one pair; the record's `name` is by default that of its label map.

    `enlarge`: a label map that is smaller than its photo by a whole factor takes the photo's size.

    Raises ValueError, naming the files, where one is unreadable, an id is out of range or sizes differ.
    """
    ids = label_format.read(labels)  # (H, W)
    image = None if photo is None else read_photo(photo)
    instance_ids = None if instances is None else read_ids(instances)  # (H, W)
    if photo is not None and image is not None:
        upright = (image.height, image.width)
        ids = _upright(ids, photo, upright)
        if enlarge:
            ids = _enlarged(ids, *upright)
        instance_ids = None if instance_ids is None else _upright(instance_ids, photo, upright)
        _require_same_size(labels, ids, photo, upright)
    if instances is not None and instance_ids is not None:
        _require_same_size(labels, ids, instances, instance_ids.shape)
    return Record(image, ids, instance_ids, style_id, labels.stem if name is None else name)


def _upright(ids: np.ndarray, photo: ImageFile, size: tuple[int, int]) -> np.ndarray:
    """`ids` (H, W) as they lie on `photo`, whose upright (height, width) is `size`."""
    if ids.shape == size or ids.shape != size[::-1]:
        return ids
    with photo.open("rb") as stream, Image.open(stream) as stored:
        turn = stored.getexif().get(ORIENTATION, 1)
    drawn = Image.fromarray(ids)
    drawn.getexif()[ORIENTATION] = turn
    return np.asarray(ImageOps.exif_transpose(drawn)).astype(ids.dtype)


def _enlarged(ids: np.ndarray, height: int, width: int) -> np.ndarray:
    """Every id times the whole factor between the sizes; the map as it is where there is none."""
    factor = height // ids.shape[0]
    if factor == 0 or (height, width) != (ids.shape[0] * factor, ids.shape[1] * factor):
        return ids
    return ids.repeat(factor, axis=0).repeat(factor, axis=1)


def _require_same_size(labels: ImageFile, ids: np.ndarray, other: ImageFile, size: tuple[int, ...]) -> None:
    if ids.shape != size:
        raise SizeMismatch(
            f"{labels} is {ids.shape[1]}×{ids.shape[0]} (width×height) but {other} is {size[1]}×{size[0]}: "
            "a label map, its photo and its instance map must have one size; resize or remove them"
        )
