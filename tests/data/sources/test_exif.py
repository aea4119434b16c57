"""A photo that is stored turned, and the two ways in which a label map may lie on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.sources.classes import numbered_label_set
from data.sources.file_source import read_record
from data.sources.label_format import StoredIds
from tests.data.sources.test_image_io import UPRIGHT

FOUR = StoredIds.in_order(numbered_label_set(4, has_unknown=False))
COLOURS = np.array([[250, 10, 20], [30, 240, 40], [50, 60, 230], [220, 210, 0]], dtype=np.uint8)
STORED = np.random.default_rng(0).integers(0, 4, (12, 16)).astype(np.uint8)
SIZE_CHANGES = (5, 6, 7, 8)


def write(folder: Path, orientation: int, labels: np.ndarray) -> tuple[Path, Path, Path]:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(COLOURS[STORED]).save(folder / "photo.png", exif=exif)
    Image.fromarray(labels).save(folder / "labels.png")
    Image.fromarray(labels.astype(np.uint16) + 1000).save(folder / "instances.png")
    return folder / "labels.png", folder / "photo.png", folder / "instances.png"


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_maps_drawn_on_the_upright_photo_fit(tmp_path: Path, orientation: int) -> None:
    upright = np.ascontiguousarray(UPRIGHT[orientation](STORED[:, :, None])[:, :, 0])
    record = read_record(*write(tmp_path, orientation, upright), FOUR)
    np.testing.assert_array_equal(record.labels, upright)
    np.testing.assert_array_equal(COLOURS[record.labels], np.asarray(record.photo))


@pytest.mark.parametrize("orientation", SIZE_CHANGES)
def test_maps_drawn_on_the_photo_as_stored_are_turned_along(tmp_path: Path, orientation: int) -> None:
    record = read_record(*write(tmp_path, orientation, STORED), FOUR)
    assert record.labels.dtype == np.int32 and record.instances is not None
    np.testing.assert_array_equal(COLOURS[record.labels], np.asarray(record.photo))
    np.testing.assert_array_equal(record.instances, record.labels + 1000)


@pytest.mark.parametrize("orientation", [1, 3])
def test_a_map_lying_on_its_side_is_no_match_for_an_upright_photo(tmp_path: Path, orientation: int) -> None:
    with pytest.raises(ValueError, match=r"labels\.png is 12×16 .*photo\.png is 16×12"):
        read_record(*write(tmp_path, orientation, np.ascontiguousarray(STORED.T)), FOUR)
