from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.sources.ade20k import OUTDOOR, open_ade20k, open_ade20k_outdoor
from data.sources.file_source import FileSource
from tests.data.published import write_ade20k
from tests.shared import shared_data

ONE = np.array([[0, 1, 150], [3, 3, 13]])


def names_of(source: FileSource) -> list[str]:
    return [source.read(index).name for index in range(len(source))]


@pytest.mark.parametrize("below", ["", "ADEChallengeData2016"])
def test_stored_ids_become_class_ids(below: str, tmp_path: Path) -> None:
    write_ade20k(tmp_path, "ADE_train_00000001", ONE)
    source = open_ade20k(tmp_path / below, "train")
    record = source.read(0)
    assert record.labels.tolist() == [[150, 0, 149], [2, 2, 12]]
    assert record.name == "ADE_train_00000001" and record.instances is None
    assert record.photo is not None and record.photo.size == (3, 2)
    assert (len(source.label_set), source.label_set.unknown) == (151, 150)
    named = [source.label_set.names[label] for label in (0, 2, 12, 149, 150)]
    assert named == ["wall", "sky", "person", "flag", "unknown"]
    assert source.label_set.colours[:3] == ((120, 120, 120), (180, 120, 120), (6, 230, 230))


def test_splits_have_folders_of_their_own(tmp_path: Path) -> None:
    write_ade20k(tmp_path, "ADE_train_00000002", ONE)
    write_ade20k(tmp_path, "ADE_val_00000001", ONE, "validation")
    assert names_of(open_ade20k(tmp_path, "train")) == ["ADE_train_00000002"]
    assert names_of(open_ade20k(tmp_path, "val")) == ["ADE_val_00000001"]
    with pytest.raises(ValueError, match="split=test: ADE20K has train, val"):
        open_ade20k(tmp_path, "test")


def test_an_id_out_of_range_is_named(tmp_path: Path) -> None:
    write_ade20k(tmp_path, "ADE_train_00000001", np.array([[151, 255]]))
    with pytest.raises(
        ValueError, match=r"ADE_train_00000001\.png: label id 151 .*255 .*1 to 150, and 0 for unknown"
    ):
        open_ade20k(tmp_path, "train").read(0)


def test_a_wrong_tree_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere: no such folder; expected ADE20K as published"):
        open_ade20k(tmp_path / "nowhere", "train")
    with pytest.raises(ValueError, match=r"annotations/training: no such folder; expected ADE20K"):
        open_ade20k(tmp_path, "train")
    for number in range(5):
        write_ade20k(tmp_path, f"ADE_train_0000000{number}", ONE)
    for number in range(4):
        (tmp_path / f"ADEChallengeData2016/images/training/ADE_train_0000000{number}.jpg").unlink()
    with pytest.raises(
        ValueError,
        match=r"4 of .*annotations/training/\*\.png have no partner in .*images/training/\*\.jpg "
        r"\(ADE_train_00000000, ADE_train_00000001, ADE_train_00000002, …\): unpack the archives again",
    ):
        open_ade20k(tmp_path, "train")


def scenes(root: Path) -> Path:
    for number, scene in enumerate(["bedroom", "street", "coast", "bedroom", "kitchen"]):
        write_ade20k(root, f"ADE_train_0000000{number}", ONE, scene=scene)
    return root


def test_the_outdoor_scenes_are_chosen(tmp_path: Path) -> None:
    assert names_of(open_ade20k_outdoor(scenes(tmp_path), "train")) == [
        "ADE_train_00000001",
        "ADE_train_00000002",
    ]


def test_a_list_of_ones_own(tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("# rooms\nkitchen  # with stoves\n\nADE_train_00000000\nADE_val_00000001\n")
    chosen = open_ade20k_outdoor(scenes(tmp_path), "train", listed)
    assert names_of(chosen) == ["ADE_train_00000000", "ADE_train_00000004"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "kitchen\nkitchin\n",
            r"list\.txt: kitchin is neither a scene of sceneCategories\.txt nor a picture",
        ),
        ("# nothing\n", r"list\.txt: it names no scene; write one a line"),
        ("ADE_train_00000009\n", r"list\.txt: none of the 5 pictures of split=train is of its scenes"),
    ],
)
def test_a_wrong_list_is_explained(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "list.txt").write_text(text)
    with pytest.raises(ValueError, match=message):
        open_ade20k_outdoor(scenes(tmp_path), "train", tmp_path / "list.txt")


def test_absent_and_damaged_lists_are_named(tmp_path: Path) -> None:
    categories = scenes(tmp_path) / "ADEChallengeData2016" / "sceneCategories.txt"
    with pytest.raises(ValueError, match=r"absent\.txt: cannot be read \(No such file"):
        open_ade20k_outdoor(tmp_path, "train", tmp_path / "absent.txt")
    categories.write_text("ADE_train_00000000 bedroom\nADE_train_00000001\n")
    with pytest.raises(ValueError, match=r"sceneCategories\.txt, line 2: 'ADE_train_00000001'; a line is"):
        open_ade20k_outdoor(tmp_path, "train")
    categories.unlink()
    with pytest.raises(ValueError, match=r"sceneCategories\.txt: cannot be read"):
        open_ade20k_outdoor(tmp_path, "train")


def test_the_published_pictures_are_read() -> None:
    root = shared_data("ADEChallengeData2016")
    source = open_ade20k(root, "train")
    assert len(source) == 8
    for index in range(8):
        record = source.read(index)
        stored = np.asarray(Image.open(root / "annotations" / "training" / f"{record.name}.png"))
        np.testing.assert_array_equal(record.labels, np.where(stored == 0, 150, stored.astype(int) - 1))
        assert record.photo is not None and record.photo.size == stored.shape[::-1]


def test_names_are_the_publishers() -> None:
    lines = (shared_data("ADEChallengeData2016") / "objectInfo150.txt").read_text().splitlines()[1:]
    first = [line.split("\t")[4].split(",")[0].strip() for line in lines]
    names = open_ade20k(shared_data("ADEChallengeData2016"), "train").label_set.names
    assert list(names[:150]) == first


def test_the_outdoor_scenes_are_the_publishers_names() -> None:
    root = shared_data("ADEChallengeData2016")
    known = {line.split()[1] for line in (root / "sceneCategories.txt").read_text().splitlines()}
    listed = {line for line in OUTDOOR.read_text().splitlines() if not line.startswith("#")}
    assert len(listed) > 500 and listed <= known
    assert {"street", "mountain", "coast", "castle"} <= listed
    assert not {"bedroom", "kitchen", "office", "church_indoor"} & listed
