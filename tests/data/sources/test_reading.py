from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.sources.classes import numbered_label_set
from data.sources.file_source import read_record
from data.sources.label_format import StoredIds

FIVE = StoredIds.in_order(numbered_label_set(5, has_unknown=False))


def write(file: Path, height: int, width: int, value: int = 1) -> Path:
    Image.fromarray(np.full((height, width), value, dtype=np.uint8)).save(file)
    return file


def test_a_record_is_named_after_its_label_map(tmp_path: Path) -> None:
    labels, photo = write(tmp_path / "a.b.png", 4, 6), write(tmp_path / "photo.png", 4, 6, value=200)
    instances = write(tmp_path / "instances.png", 4, 6, value=77)
    record = read_record(labels, photo, instances, FIVE, style_id=3)
    assert (record.name, record.style_id) == ("a.b", 3)
    assert record.photo is not None and record.photo.getpixel((5, 3)) == (200, 200, 200)
    assert record.labels.shape == (4, 6) and (record.labels == 1).all()
    assert record.instances is not None and (record.instances == 77).all()


@pytest.mark.parametrize("kind", ["photo", "instances"])
def test_sizes_that_differ_name_both_files_and_sizes(tmp_path: Path, kind: str) -> None:
    labels, other = write(tmp_path / "labels.png", 4, 6), write(tmp_path / "other.png", 6, 4)
    photo, instances = (other, None) if kind == "photo" else (None, other)
    with pytest.raises(ValueError, match=r"labels\.png is 6×4 .*other\.png is 4×6.*resize or remove"):
        read_record(labels, photo, instances, FIVE)
