from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.sources.classes import numbered_label_set
from data.sources.folder import Folder
from data.sources.label_format import StoredIds
from tests.data.trees import COLOURS, FOUR_CLASSES, blocks, write_folder

THREE_CLASSES = StoredIds.in_order(numbered_label_set(3, has_unknown=True), unknown=255)


def folder(root: Path, pairing: str = "name", photos: bool = True) -> Folder:
    split = root / "train"
    return Folder(split / "labels", split / "photos" if photos else None, None, FOUR_CLASSES, pairing=pairing)


def test_pairs_are_read_as_written(tmp_path: Path) -> None:
    write_folder(tmp_path, 3)
    source = folder(tmp_path)
    assert len(source) == 3 and not source.has_instances
    assert len(source.label_set) == 5 and source.label_set.names[-1] == "unknown"
    for number in range(3):
        record = source.read(number)
        assert record.name == f"a{number}"
        np.testing.assert_array_equal(record.labels, blocks(24, 32, seed=number))
        np.testing.assert_array_equal(np.asarray(record.photo), COLOURS[record.labels])
        assert record.instances is None and record.style_id == 0


def test_label_maps_alone_are_enough_to_generate(tmp_path: Path) -> None:
    write_folder(tmp_path, 2)
    record = folder(tmp_path, photos=False).read(1)
    assert record.photo is None and record.name == "a1"


def test_from_root_takes_instances_where_there_are_any(tmp_path: Path) -> None:
    write_folder(tmp_path, 2, split="val")
    assert not Folder.from_root(tmp_path, "val", FOUR_CLASSES).has_instances
    instances = tmp_path / "val" / "instances"
    instances.mkdir()
    for number in range(2):
        Image.fromarray(np.full((24, 32), 1000 + number, dtype=np.uint16)).save(instances / f"a{number}.png")
    source = Folder.from_root(tmp_path, "val", FOUR_CLASSES)
    assert source.has_instances
    read = source.read(1).instances
    assert read is not None and (read == 1001).all()


def test_endings_of_any_kind_and_case_pair(tmp_path: Path) -> None:
    write_folder(tmp_path, 3)
    photos = tmp_path / "train" / "photos"
    Image.open(photos / "a0.png").save(photos / "a0.JPG")
    Image.open(photos / "a1.png").save(photos / "a1.Jpeg")
    Image.open(photos / "a2.png").save(photos / "a2.TIF")
    for number in range(3):
        (photos / f"a{number}.png").unlink()
    (photos / ".DS_Store").write_text("")
    (photos / "._a0.png").write_text("")
    (photos / "notes.txt").write_text("")
    assert [folder(tmp_path).read(index).name for index in range(3)] == ["a0", "a1", "a2"]


def test_sorted_pairing_ignores_names(tmp_path: Path) -> None:
    write_folder(tmp_path, 3)
    photos = tmp_path / "train" / "photos"
    for number in range(3):
        (photos / f"a{number}.png").rename(photos / f"IMG_{number + 7}.png")
    with pytest.raises(ValueError, match=r"3 of the pictures.*use pairing=sorted"):
        folder(tmp_path)
    record = folder(tmp_path, pairing="sorted").read(2)
    assert record.name == "a2"
    np.testing.assert_array_equal(np.asarray(record.photo), COLOURS[blocks(24, 32, seed=2)])


def test_sorted_pairing_needs_equal_numbers(tmp_path: Path) -> None:
    write_folder(tmp_path, 3)
    (tmp_path / "train" / "photos" / "a1.png").unlink()
    with pytest.raises(
        ValueError, match=r"labels has 3 pictures but .*photos has 2.*pairing=sorted needs equal"
    ):
        folder(tmp_path, pairing="sorted")


def test_what_has_no_partner_is_named_with_counts(tmp_path: Path) -> None:
    write_folder(tmp_path, 6)
    split = tmp_path / "train"
    (split / "labels" / "a0.png").unlink()
    with pytest.raises(
        ValueError, match=r"1 of the pictures in .*photos have no partner in .*labels \(a0\.png\)"
    ):
        folder(tmp_path)
    for number in (1, 2, 3, 4):
        (split / "photos" / f"a{number}.png").unlink()
    both = (
        r"4 of the pictures in .*labels have no partner in .*photos \(a1\.png, a2\.png, a3\.png, …\); "
        r"1 of the pictures in .*photos have no partner in .*labels \(a0\.png\): .*add or remove"
    )
    with pytest.raises(ValueError, match=both):
        folder(tmp_path)


def test_instances_pair_as_well(tmp_path: Path) -> None:
    write_folder(tmp_path, 2)
    split = tmp_path / "train"
    (split / "instances").mkdir()
    Image.new("L", (32, 24)).save(split / "instances" / "a0.png")
    with pytest.raises(
        ValueError, match=r"1 of the pictures in .*labels have no partner in .*instances \(a1"
    ):
        Folder.from_root(tmp_path, "train", FOUR_CLASSES)


def test_two_pictures_of_one_name_are_refused(tmp_path: Path) -> None:
    write_folder(tmp_path, 2)
    Image.new("L", (32, 24)).save(tmp_path / "train" / "labels" / "a1.bmp")
    with pytest.raises(ValueError, match=r"labels: a1\.\w+ and a1\.\w+ have one name; keep one"):
        folder(tmp_path)


def test_missing_and_empty_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere: no such folder; expected train/labels and train/photos"):
        Folder.from_root(tmp_path / "nowhere", "train", FOUR_CLASSES)
    with pytest.raises(ValueError, match=r"train/labels: no such folder; expected label maps"):
        Folder.from_root(tmp_path, "train", FOUR_CLASSES)
    (tmp_path / "train" / "labels").mkdir(parents=True)
    (tmp_path / "train" / "labels" / "readme.txt").write_text("")
    with pytest.raises(
        ValueError, match=r"labels: none of its 1 files is a picture \(.png, .*expected label maps"
    ):
        Folder.from_root(tmp_path, "train", FOUR_CLASSES)
    with pytest.raises(ValueError, match=r"readme\.txt: is a file, not a folder"):
        Folder(tmp_path / "train" / "labels" / "readme.txt", None, None, FOUR_CLASSES)
