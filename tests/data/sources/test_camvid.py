from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.sources.camvid import CamVid
from tests.data.trees import blocks, write_pair
from tests.shared import shared_data


def write_camvid(root: Path, names: list[str]) -> Path:
    for name in names:
        write_pair(root / "trainannot", root / "train", name, blocks(24, 32))
    return root


def test_films_are_styles(tmp_path: Path) -> None:
    source = CamVid(write_camvid(tmp_path, ["Seq05VD_f00000", "0001TP_006690", "0016E5_00390"]), "train")
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
    source = CamVid(tmp_path, "train")
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
        CamVid(tmp_path / "nowhere", "val")
    with pytest.raises(ValueError, match="split=training: CamVid has train, val, test"):
        CamVid(tmp_path, "training")
    write_camvid(tmp_path, ["0001TP_1", "0001TP_2"])
    with pytest.raises(ValueError, match=r"valannot: no such folder; expected CamVid"):
        CamVid(tmp_path, "val")
    (tmp_path / "train" / "0001TP_2.png").unlink()
    with pytest.raises(
        ValueError, match=r"1 of the pictures in .*trainannot have no partner .*0001TP_2\.png"
    ):
        CamVid(tmp_path, "train")
    write_camvid(tmp_path, ["0001TP_2", "street_1"])
    with pytest.raises(ValueError, match=r"street_1\.png: film 'street' is not one of 0001TP"):
        CamVid(tmp_path, "train")


@pytest.mark.parametrize(("split", "frames", "films"), [("train", 367, {0, 1, 2}), ("val", 101, {2})])
def test_the_published_frames_are_read(split: str, frames: int, films: set[int]) -> None:
    root = shared_data("camvid")
    source = CamVid(root, split)
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
    source = CamVid(shared_data("camvid"), "val")
    rows = {name: [] for name in ("sky", "road", "car")}
    for index in range(0, len(source), 20):
        labels = source.read(index).labels
        for name, found in rows.items():
            found.append(np.nonzero(labels == source.label_set.names.index(name))[0])
    height = {name: np.concatenate(found).mean() / 192 for name, found in rows.items()}
    assert height["sky"] < 0.35 < height["car"] < height["road"]
