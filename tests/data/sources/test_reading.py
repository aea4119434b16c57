from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.sources.classes import numbered_label_set
from data.sources.reading import as_labels, read_record

FILE = Path("street.png")
NO_UNKNOWN = numbered_label_set(5, has_unknown=False)
WITH_UNKNOWN = numbered_label_set(5, has_unknown=True)


def test_the_stored_unknown_becomes_the_last_class() -> None:
    ids = np.array([[0, 4, 255], [255, 2, 1]], dtype=np.int32)
    labels = as_labels(ids, FILE, WITH_UNKNOWN, 255)
    assert labels.tolist() == [[0, 4, 5], [5, 2, 1]]
    assert labels.dtype == np.int32
    assert ids[0, 2] == 255  # what was read is left alone


def test_unknown_may_be_stored_among_the_classes() -> None:
    assert as_labels(np.array([[0, 1, 4]]), FILE, WITH_UNKNOWN, 0).tolist() == [[5, 1, 4]]


@pytest.mark.parametrize(
    ("ids", "unknown_id", "offenders", "allowed"),
    [
        ([[5, 0, 5]], None, r"5 \(2 pixels\)", "0 to 4;"),
        ([[5, 0, 255]], 255, r"5 \(1 pixels\)", "0 to 4, and 255 for unknown;"),
        ([[-1, 0, 255]], None, r"-1 \(1 pixels\), 255 \(1 pixels\)", "0 to 4;"),
        ([[9, 8, 7, 6, 5]], 255, r"5 .*, 6 .*, 7 \(1 pixels\) and 2 more", "0 to 4, and 255"),
    ],
)
def test_ids_out_of_range_are_named(ids: list, unknown_id: int | None, offenders: str, allowed: str) -> None:
    label_set = NO_UNKNOWN if unknown_id is None else WITH_UNKNOWN
    rule = rf"street\.png: label id {offenders} out of range: allowed ids are {allowed}"
    with pytest.raises(ValueError, match=rule):
        as_labels(np.array(ids), FILE, label_set, unknown_id)


def write(file: Path, height: int, width: int, value: int = 1) -> Path:
    Image.fromarray(np.full((height, width), value, dtype=np.uint8)).save(file)
    return file


def test_a_record_is_named_after_its_label_map(tmp_path: Path) -> None:
    labels, photo = write(tmp_path / "a.b.png", 4, 6), write(tmp_path / "photo.png", 4, 6, value=200)
    instances = write(tmp_path / "instances.png", 4, 6, value=77)
    record = read_record(labels, photo, instances, NO_UNKNOWN, None, style_id=3)
    assert (record.name, record.style_id) == ("a.b", 3)
    assert record.photo is not None and record.photo.getpixel((5, 3)) == (200, 200, 200)
    assert record.labels.shape == (4, 6) and (record.labels == 1).all()
    assert record.instances is not None and (record.instances == 77).all()


@pytest.mark.parametrize("kind", ["photo", "instances"])
def test_sizes_that_differ_name_both_files_and_sizes(tmp_path: Path, kind: str) -> None:
    labels, other = write(tmp_path / "labels.png", 4, 6), write(tmp_path / "other.png", 6, 4)
    photo, instances = (other, None) if kind == "photo" else (None, other)
    with pytest.raises(ValueError, match=r"labels\.png is 6×4 .*other\.png is 4×6.*resize or remove"):
        read_record(labels, photo, instances, NO_UNKNOWN, None)
