from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.sources.classes import numbered_label_set
from data.sources.label_format import StoredIds

FILE = Path("street.png")
NO_UNKNOWN = numbered_label_set(5, has_unknown=False)
WITH_UNKNOWN = numbered_label_set(5, has_unknown=True)


def in_order(unknown: int | None, first: int = 0) -> StoredIds:
    return StoredIds.in_order(NO_UNKNOWN if unknown is None else WITH_UNKNOWN, first, unknown)


def test_the_stored_unknown_becomes_the_last_class() -> None:
    ids = np.array([[0, 4, 255], [255, 2, 1]], dtype=np.int32)
    labels = in_order(255).as_labels(ids, FILE)
    assert labels.tolist() == [[0, 4, 5], [5, 2, 1]]
    assert labels.dtype == np.int32
    assert ids[0, 2] == 255  # what was read is left alone


def test_unknown_may_be_stored_among_the_classes() -> None:
    assert in_order(0).as_labels(np.array([[0, 1, 4]]), FILE).tolist() == [[5, 1, 4]]


def test_classes_may_be_stored_from_another_number_on() -> None:
    assert in_order(0, first=1).as_labels(np.array([[0, 1, 5]]), FILE).tolist() == [[5, 0, 4]]


def test_several_numbers_may_stand_for_one_class() -> None:
    label_format = StoredIds(NO_UNKNOWN, {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 255: 4, 65535: 4})
    assert label_format.as_labels(np.array([[4, 255, 65535, 1]]), FILE).tolist() == [[4, 4, 4, 1]]
    with pytest.raises(ValueError, match=r"254 .*, 70000 .*allowed ids are 0 to 4, 255, 65535;"):
        label_format.as_labels(np.array([[254, 70000]]), FILE)


@pytest.mark.parametrize(
    ("ids", "unknown", "first", "offenders", "allowed"),
    [
        ([[5, 0, 5]], None, 0, r"5 \(2 pixels\)", "0 to 4;"),
        ([[5, 0, 255]], 255, 0, r"5 \(1 pixels\)", "0 to 4, and 255 for unknown;"),
        ([[5, 0, 6]], 0, 1, r"6 \(1 pixels\)", "1 to 5, and 0 for unknown;"),
        ([[-1, 0, 255]], None, 0, r"-1 \(1 pixels\), 255 \(1 pixels\)", "0 to 4;"),
        ([[9, 8, 7, 6, 5]], 255, 0, r"5 .*, 6 .*, 7 \(1 pixels\) and 2 more", "0 to 4, and 255"),
    ],
)
def test_numbers_of_no_class_are_named(
    ids: list, unknown: int | None, first: int, offenders: str, allowed: str
) -> None:
    rule = rf"street\.png: label id {offenders} out of range: allowed ids are {allowed}"
    with pytest.raises(ValueError, match=rule):
        in_order(unknown, first).as_labels(np.array(ids), FILE)


def test_a_file_is_read_alike_in_a_worker(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 3, 255]], dtype=np.uint8)).save(tmp_path / "a.png")
    copied = pickle.loads(pickle.dumps(in_order(255)))
    assert copied.read(tmp_path / "a.png").tolist() == [[0, 3, 5]]
    assert copied.label_set == WITH_UNKNOWN
