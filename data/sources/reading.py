"""One pair of files becomes one Record: ids in range, sizes equal."""

from __future__ import annotations

import numpy as np

from data.sources.exif import fitted
from data.sources.image_io import read_ids, read_photo
from data.sources.label_format import LabelFormat
from data.sources.source import Record, SizesDiffer
from data.sources.tar_member import PictureFile


def read_record(
    labels: PictureFile,
    photo: PictureFile | None,
    instances: PictureFile | None,
    label_format: LabelFormat,
    style_id: int = 0,
    enlarge: bool = False,
) -> Record:
    """Reads the files of one pair; the record is named after its label map.

    `enlarge`: a label map that is smaller than its photo by a whole factor takes the photo's size.
    Where the photo's EXIF orientation turns it, the maps lie on it as `data.sources.exif` says.

    Raises ValueError, naming the files, where one is unreadable, an id is out of range or sizes differ.
    """
    ids = label_format.read(labels)  # (H, W)
    picture = None if photo is None else read_photo(photo)
    instance_ids = None if instances is None else read_ids(instances)  # (H, W)
    if photo is not None and picture is not None:
        upright = (picture.height, picture.width)
        ids = fitted(ids, photo, upright)
        if enlarge:
            ids = _enlarged(ids, *upright)
        instance_ids = None if instance_ids is None else fitted(instance_ids, photo, upright)
        _require_same_size(labels, ids, photo, upright)
    if instances is not None and instance_ids is not None:
        _require_same_size(labels, ids, instances, instance_ids.shape)
    return Record(picture, ids, instance_ids, style_id, labels.stem)


def _enlarged(ids: np.ndarray, height: int, width: int) -> np.ndarray:
    """Every id times the whole factor between the sizes; the map as it is where there is none."""
    factor = height // ids.shape[0]
    if factor == 0 or (height, width) != (ids.shape[0] * factor, ids.shape[1] * factor):
        return ids
    return ids.repeat(factor, axis=0).repeat(factor, axis=1)


def _require_same_size(
    labels: PictureFile, ids: np.ndarray, other: PictureFile, size: tuple[int, ...]
) -> None:
    if ids.shape != size:
        raise SizesDiffer(
            f"{labels} is {ids.shape[1]}×{ids.shape[0]} (width×height) but {other} is {size[1]}×{size[0]}: "
            "a label map, its photo and its instance map must have one size; resize or remove them"
        )
