"""The files of one pair become one Record: ids in range, maps the right way up, sizes equal.

Photos are turned upright as their EXIF orientation says, as viewers show them. A label map that was drawn on
the upright photo fits it then. One that was drawn by a program that ignores the orientation has the photo's
size as stored: it is turned along. Where turning keeps the size (upside down, mirrored, or a square) the two
cannot be told apart, and the label map is taken to be drawn on the upright photo.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

from data.sources.image_io import ORIENTATION, ImageFile, read_ids, read_photo
from data.sources.label_format import LabelFormat
from data.sources.source import Record, SizeMismatch


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
