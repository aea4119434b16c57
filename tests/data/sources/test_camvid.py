from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.sources.camvid import GROUPS, THIRTY_TWO, label_format, open_camvid
from data.sources.file_source import FileSource
from tests.data.published import CAMVID_COLOURS
from tests.data.published import write_camvid as write_original
from tests.data.trees import blocks, write_pair
from tests.shared import shared_data


def write_camvid(root: Path, names: list[str]) -> Path:
    for name in names:
        write_pair(root / "trainannot", root / "train", name, blocks(24, 32))
    return root


def test_films_are_styles(tmp_path: Path) -> None:
    source = open_camvid(write_camvid(tmp_path, ["Seq05VD_f00000", "0001TP_006690", "0016E5_00390"]), "train")
    assert [source.styles[source.read(index).style_id] for index in range(3)] == [
        "0001TP",
        "0016E5",
        "Seq05VD",
    ]
    assert source.styles == tuple(sorted(source.styles))


def test_void_is_the_last_class(tmp_path: Path) -> None:
    write_camvid(tmp_path, ["0001TP_1"])
    Image.fromarray(np.array([[0, 10, 11]], dtype=np.uint8)).save(tmp_path / "trainannot" / "0001TP_1.png")
    Image.new("RGB", (3, 1)).save(tmp_path / "train" / "0001TP_1.png")
    source = open_camvid(tmp_path, "train")
    assert source.read(0).labels.tolist() == [[0, 10, 11]]
    assert [source.label_set.names[label] for label in (0, 10, 11)] == ["sky", "bicyclist", "unknown"]
    assert source.label_set.unknown == 11
    Image.fromarray(np.array([[0, 10, 12]], dtype=np.uint8)).save(tmp_path / "trainannot" / "0001TP_1.png")
    with pytest.raises(
        ValueError, match=r"0001TP_1\.png: label id 12 \(1 pixels\).*0 to 10, and 11 for unknown"
    ):
        source.read(0)


def test_a_wrong_tree_is_explained(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"nowhere: no such folder; expected CamVid .*val/NAME.png with valannot"
    ):
        open_camvid(tmp_path / "nowhere", "val")
    with pytest.raises(ValueError, match="split=training: CamVid has train, val, test"):
        open_camvid(tmp_path, "training")
    write_camvid(tmp_path, ["0001TP_1", "0001TP_2"])
    with pytest.raises(ValueError, match=r"valannot: no such folder; expected CamVid"):
        open_camvid(tmp_path, "val")
    (tmp_path / "train" / "0001TP_2.png").unlink()
    with pytest.raises(
        ValueError, match=r"1 of .*trainannot/\*\.png have no partner in .*train/\*\.png \(0001TP_2\)"
    ):
        open_camvid(tmp_path, "train")
    write_camvid(tmp_path, ["0001TP_2", "street_1"])
    with pytest.raises(ValueError, match=r"street_1\.png: film 'street' is not one of 0001TP"):
        open_camvid(tmp_path, "train")


@pytest.mark.parametrize(("split", "frames", "films"), [("train", 367, {0, 1, 2}), ("val", 101, {2})])
def test_the_published_frames_are_read(split: str, frames: int, films: set[int]) -> None:
    root = shared_data("camvid")
    source = open_camvid(root, split)
    assert len(source) == frames
    seen = set()
    for index in range(0, frames, 10):
        record = source.read(index)
        annotation = np.asarray(Image.open(root / f"{split}annot" / f"{record.name}.png"))
        np.testing.assert_array_equal(record.labels, annotation)
        assert record.photo is not None and record.photo.size == (256, 192)
        seen.add(record.style_id)
    assert seen == films


def test_sky_is_above_the_road() -> None:
    """The names fit the ids: on real frames sky lies in the upper half and road in the lower."""
    source = open_camvid(shared_data("camvid"), "val")
    rows = {name: [] for name in ("sky", "road", "car")}
    for index in range(0, len(source), 20):
        labels = source.read(index).labels
        for name, found in rows.items():
            found.append(np.nonzero(labels == source.label_set.names.index(name))[0])
    height = {name: np.concatenate(found).mean() / 192 for name, found in rows.items()}
    assert height["sky"] < 0.35 < height["car"] < height["road"]


CHILD, WALL, LANE = (192, 128, 64), (64, 192, 0), (128, 0, 192)
FRAMES = ["0001TP_006690", "0001TP_008520", "0001TP_008550", "0006R0_f00930", "0016E5_00390", "0016E5_07959"]
FRAMES += ["0016E5_08159", "0016E5_08190", "Seq05VD_f00000"]


def original(root: Path) -> Path:
    """Frames at the borders of the splits, as Cambridge published them."""
    painted = np.array([[CAMVID_COLOURS["Sky"], CHILD, WALL], [LANE, CAMVID_COLOURS["Void"], (64, 0, 128)]])
    for name in FRAMES:
        write_original(root, name, painted)
    return root


def names_of(source: FileSource) -> list[str]:
    return [source.read(index).name for index in range(len(source))]


def test_cambridges_frames_have_segnets_split(tmp_path: Path) -> None:
    original(tmp_path)
    assert names_of(open_camvid(tmp_path, "train")) == [
        *("0001TP_006690", "0001TP_008520", "0006R0_f00930", "0016E5_00390", "0016E5_08190"),
    ]
    assert names_of(open_camvid(tmp_path, "val")) == ["0016E5_07959", "0016E5_08159"]
    assert names_of(open_camvid(tmp_path, "test")) == ["0001TP_008550", "Seq05VD_f00000"]


def test_cambridges_colours_become_11_or_32_classes(tmp_path: Path) -> None:
    original(tmp_path)
    for classes, expected in (
        (11, [["sky", "pedestrian", "building"], ["road", "unknown", "car"]]),
        (32, [["Sky", "Child", "Wall"], ["LaneMkgsDriv", "unknown", "Car"]]),
    ):
        source = open_camvid(tmp_path, "test", classes)
        record = source.read(1)
        assert [[source.label_set.names[label] for label in row] for row in record.labels] == expected
        assert len(source.label_set) == {11: 12, 32: 32}[classes] and source.label_set.has_unknown
        assert source.styles[record.style_id] == "Seq05VD"


def test_a_colour_of_no_class_is_named(tmp_path: Path) -> None:
    write_original(tmp_path, "Seq05VD_f00000", np.array([[(1, 2, 3), (128, 128, 128)]]))
    with pytest.raises(
        ValueError, match=r"f00000_L\.png: colour \(1, 2, 3\) \(1 pixels\) is that of no class"
    ):
        open_camvid(tmp_path, "test").read(0)


def test_classes_must_fit_the_arrangement(tmp_path: Path) -> None:
    write_camvid(tmp_path, ["0001TP_1"])
    with pytest.raises(
        ValueError, match=r"dataset\.classes=32 needs 701_StillsRaw_full and LabeledApproved_full"
    ):
        open_camvid(tmp_path, "train", 32)


def test_every_class_of_the_32_is_in_a_group_of_the_11() -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(THIRTY_TWO.names)
    assert list(GROUPS) == list(label_format(11).label_set.names)


@pytest.mark.parametrize(("split", "frames"), [("train", 367), ("val", 101)])
def test_the_split_is_that_of_the_published_frames(split: str, frames: int, tmp_path: Path) -> None:
    """All frames of train and val, laid out as Cambridge's: each comes back in its own split."""
    names = {
        part: [file.stem for file in (shared_data("camvid") / part).iterdir()] for part in ("train", "val")
    }
    for folder, ending in (("701_StillsRaw_full", ".png"), ("LabeledApproved_full", "_L.png")):
        (tmp_path / folder).mkdir()
        for name in names["train"] + names["val"]:
            (tmp_path / folder / f"{name}{ending}").touch()
    source = open_camvid(tmp_path, split)
    assert len(source) == frames == len(names[split])
    assert source._labels.names == sorted(names[split])
