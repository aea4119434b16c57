from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.sources.cityscapes import open_cityscapes
from tests.data.published import write_cityscapes

IDS = np.array([[7, 26, 26, 33], [0, 34, 255, 7]])
INSTANCES = np.array([[7, 26000, 26001, 33999], [0, 1, 2, 7]])


def published(root: Path) -> Path:
    for name in ("zurich_000001_000019", "aachen_000000_000019", "aachen_000001_000019"):
        write_cityscapes(root, name, IDS, INSTANCES)
    write_cityscapes(root, "munster_000000_000019", IDS, INSTANCES, "val")
    return root


def test_pictures_of_all_cities_are_read(tmp_path: Path) -> None:
    source = open_cityscapes(published(tmp_path), "train")
    assert [source.read(index).name for index in range(len(source))] == [
        "aachen_000000_000019",
        "aachen_000001_000019",
        "zurich_000001_000019",
    ]
    assert open_cityscapes(tmp_path, "val").read(0).name == "munster_000000_000019"


def test_ids_and_the_licence_plate(tmp_path: Path) -> None:
    source = open_cityscapes(published(tmp_path), "train")
    labels = source.read(0).labels
    assert labels.tolist() == [[7, 26, 26, 33], [0, 34, 34, 7]]
    assert len(source.label_set) == 35 and not source.label_set.has_unknown
    named = {label: source.label_set.names[label] for label in (0, 7, 8, 11, 19, 23, 24, 26, 33, 34)}
    assert named == {
        0: "unlabeled",
        7: "road",
        8: "sidewalk",
        11: "building",
        19: "traffic light",
        23: "sky",
        24: "person",
        26: "car",
        33: "bicycle",
        34: "license plate",
    }
    assert [source.label_set.colours[label] for label in (7, 21, 26)] == [
        (128, 64, 128),
        (107, 142, 35),
        (0, 0, 142),
    ]


def test_a_plate_in_16_bits(tmp_path: Path) -> None:
    """-1, written as 65535."""
    published(tmp_path)
    file = tmp_path / "gtFine/train/aachen/aachen_000000_000019_gtFine_labelIds.png"
    Image.fromarray(np.where(IDS == 255, 65535, IDS).astype(np.uint16)).save(file)
    labels = open_cityscapes(tmp_path, "train").read(0).labels
    assert labels.tolist() == [[7, 26, 26, 33], [0, 34, 34, 7]]
    Image.fromarray(np.full((2, 4), 35, dtype=np.uint8)).save(file)
    with pytest.raises(ValueError, match=r"label id 35 \(8 pixels\).*allowed ids are 0 to 34, 255, 65535;"):
        open_cityscapes(tmp_path, "train").read(0)


def test_instances_keep_their_16_bits(tmp_path: Path) -> None:
    source = open_cityscapes(published(tmp_path), "train")
    instances = source.read(0).instances
    assert source.has_instances and instances is not None
    assert instances.dtype == np.int32 and instances.tolist() == INSTANCES.tolist()


def test_instances_may_be_left_out(tmp_path: Path) -> None:
    for file in published(tmp_path).rglob("*instanceIds.png"):
        file.unlink()
    source = open_cityscapes(tmp_path, "train", instances=False)
    assert not source.has_instances and source.read(0).instances is None
    with pytest.raises(ValueError, match=r"gtFine/train/aachen: .*ends in _gtFine_instanceIds\.png"):
        open_cityscapes(tmp_path, "train")


def test_a_wrong_tree_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere: no such folder; expected Cityscapes as published"):
        open_cityscapes(tmp_path / "nowhere", "train")
    with pytest.raises(ValueError, match=r"gtFine/train: no such folder; expected Cityscapes"):
        open_cityscapes(tmp_path, "train")
    (tmp_path / "gtFine" / "train").mkdir(parents=True)
    with pytest.raises(ValueError, match=r"gtFine/train: it has no folder of a city"):
        open_cityscapes(tmp_path, "train")
    published(tmp_path)
    (tmp_path / "leftImg8bit/train/aachen/aachen_000001_000019_leftImg8bit.png").unlink()
    with pytest.raises(
        ValueError,
        match=r"1 of .*gtFine/train/\*_gtFine_labelIds\.png have no partner in "
        r".*leftImg8bit/train/\*_leftImg8bit\.png \(aachen/aachen_000001_000019\)",
    ):
        open_cityscapes(tmp_path, "train")
    with pytest.raises(ValueError, match="split=test: Cityscapes has labels for train, val"):
        open_cityscapes(tmp_path, "test")
