"""One pair of files becomes one Record: ids in range, sizes equal."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from data.sources.pictures import read_ids, read_photo
from data.sources.source import LabelSet, Record


def as_labels(ids: np.ndarray, file: Path, label_set: LabelSet, unknown_id: int | None) -> np.ndarray:
    """Turns stored ids into class ids 0 .. K-1, int32 (H, W).

    `unknown_id` is the value that `file` stores for unknown pixels (255, say): it becomes the last
    class. None where the data set has no unknown pixels.

    Raises ValueError with the file, every offending id (the first three) and the allowed range.
    """
    assert label_set.has_unknown == (unknown_id is not None), "an unknown id and an unknown class go together"
    known = len(label_set) - label_set.has_unknown
    unknown = np.zeros_like(ids, dtype=bool) if unknown_id is None else ids == unknown_id  # (H, W)
    outside = ((ids < 0) | (ids >= known)) & ~unknown  # (H, W)
    if outside.any():
        values, counts = np.unique(ids[outside], return_counts=True)
        offenders = [f"{value} ({count} pixels)" for value, count in zip(values[:3], counts[:3])]
        more = f" and {len(values) - 3} more" if len(values) > 3 else ""
        allowed = f"0 to {known - 1}" + (f", and {unknown_id} for unknown" if unknown_id is not None else "")
        raise ValueError(
            f"{file}: label id {', '.join(offenders)}{more} out of range: allowed ids are {allowed}; "
            "correct the file, the number of classes or the id that stands for unknown"
        )
    return np.where(unknown, len(label_set) - 1, ids).astype(np.int32)


def read_record(
    labels: Path,
    photo: Path | None,
    instances: Path | None,
    label_set: LabelSet,
    unknown_id: int | None,
    style_id: int = 0,
) -> Record:
    """Reads the files of one pair; the record is named after its label map.

    Raises ValueError, naming the files, where one is unreadable, an id is out of range or sizes differ.
    """
    ids = as_labels(read_ids(labels), labels, label_set, unknown_id)  # (H, W)
    picture = None if photo is None else read_photo(photo)
    if picture is not None:
        _require_same_size(labels, ids, photo, (picture.height, picture.width))
    instance_ids = None if instances is None else read_ids(instances)  # (H, W)
    if instance_ids is not None:
        _require_same_size(labels, ids, instances, instance_ids.shape)
    return Record(picture, ids, instance_ids, style_id, labels.stem)


def _require_same_size(labels: Path, ids: np.ndarray, other: Path | None, size: tuple[int, ...]) -> None:
    if ids.shape != size:
        raise ValueError(
            f"{labels} is {ids.shape[1]}×{ids.shape[0]} (width×height) but {other} is {size[1]}×{size[0]}: "
            "a label map, its photo and its instance map must have one size; resize or remove them"
        )
