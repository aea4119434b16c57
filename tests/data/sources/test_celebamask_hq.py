from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.sources.celebamask_hq import open_celebamask_hq
from data.sources.file_source import FileSource
from tests.data.published import write_face, write_face_mapping, write_sean_face

SKIN = np.array([[1, 1, 1, 0], [1, 1, 1, 0]])
HAIR = np.array([[0, 0, 1, 1], [0, 0, 0, 1]])
EYE = np.array([[0, 1, 0, 0], [0, 0, 0, 0]])
MERGED = [[1, 4, 13, 13], [1, 1, 1, 13]]


def names_of(source: FileSource) -> list[str]:
    return [source.read(index).name for index in range(len(source))]


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Faces 0, 1 and 2000 in train, 2 in val, 3 in test, each at the border of CelebA's split."""
    root = tmp_path / "CelebAMask-HQ"
    for face in (0, 1, 2, 3, 2000):
        write_face(root, face, {"skin": SKIN, "l_eye": EYE, "hair": HAIR})
    write_face_mapping(root, {0: 1, 1: 162770, 2: 162771, 3: 182638, 2000: 119614})
    return root


def test_masks_are_merged_in_the_publishers_order(published: Path, tmp_path: Path) -> None:
    source = open_celebamask_hq(published, "train", tmp_path / "cache")
    (folder,) = (tmp_path / "cache").iterdir()
    with Image.open(folder / "0.png") as stored:
        assert stored.mode == "L" and np.asarray(stored).tolist() == MERGED
    assert sorted(file.name for file in folder.glob("*.png")) == ["0.png", "1.png", "2000.png"]
    assert source.label_set.names == (
        *("background", "skin", "nose", "eye_g", "l_eye", "r_eye", "l_brow", "r_brow", "l_ear", "r_ear"),
        *("mouth", "u_lip", "l_lip", "hair", "hat", "ear_r", "neck_l", "neck", "cloth"),
    )
    assert source.label_set.colours[1] == (204, 0, 0) and not source.label_set.has_unknown


def test_label_maps_take_the_size_of_the_photo(published: Path, tmp_path: Path) -> None:
    record = open_celebamask_hq(published, "train", tmp_path / "cache").read(0)
    assert record.photo is not None and record.photo.size == (8, 4)
    np.testing.assert_array_equal(record.labels, np.kron(MERGED, np.ones((2, 2), dtype=int)))


def test_the_split_is_celebas(published: Path, tmp_path: Path) -> None:
    opened = {
        split: open_celebamask_hq(published, split, tmp_path / "cache") for split in ("train", "val", "test")
    }
    assert names_of(opened["train"]) == ["0", "1", "2000"]
    assert (names_of(opened["val"]), names_of(opened["test"])) == (["2"], ["3"])
    with pytest.raises(ValueError, match="split=dev: CelebAMask-HQ has train, val, test"):
        open_celebamask_hq(published, "dev", tmp_path / "cache")


def test_the_root_may_be_where_the_archive_was_unpacked(published: Path, tmp_path: Path) -> None:
    assert names_of(open_celebamask_hq(published.parent, "val", tmp_path.parent / "cache")) == ["2"]


@pytest.mark.parametrize("mode", ["L", "P", "1"])
def test_masks_of_any_mode(mode: str, published: Path, tmp_path: Path) -> None:
    file = published / "CelebAMask-HQ-mask-anno" / "0" / "00000_skin.png"
    Image.open(file).convert(mode).save(file)
    labels = open_celebamask_hq(published, "train", tmp_path / "cache").read(0).labels
    assert labels[::2, ::2].tolist() == MERGED


def test_seans_arrangement(tmp_path: Path) -> None:
    write_sean_face(tmp_path, "7", np.array([[0, 18], [13, 1]]))
    write_sean_face(tmp_path, "28001", np.array([[0, 18], [13, 1]]), "test")
    source = open_celebamask_hq(tmp_path, "train")
    assert source.read(0).labels.tolist() == [[0, 18], [13, 1]]
    assert names_of(source) == ["7"] and names_of(open_celebamask_hq(tmp_path, "test")) == ["28001"]
    with pytest.raises(ValueError, match="split=val: CelebAMask-HQ as SEAN arranges it has train, test"):
        open_celebamask_hq(tmp_path, "val")


def test_a_wrong_tree_is_explained(published: Path, tmp_path: Path) -> None:
    expected = r"expected CelebAMask-HQ as published, .* or as SEAN arranges it"
    with pytest.raises(ValueError, match=r"nowhere: no such folder; " + expected):
        open_celebamask_hq(tmp_path / "nowhere", "train")
    with pytest.raises(ValueError, match=r"train/images: no such folder; " + expected):
        open_celebamask_hq(tmp_path / "CelebAMask-HQ" / "CelebA-HQ-img", "train")
    (published / "CelebA-HQ-img" / "1.jpg").rename(published / "CelebA-HQ-img" / "4.jpg")
    with pytest.raises(ValueError, match=r"4\.jpg: .*mapping\.txt says nothing of 1 of the photos"):
        open_celebamask_hq(published, "train", tmp_path / "cache")
    (published / "CelebA-HQ-to-CelebA-mapping.txt").write_text("idx orig_idx orig_file\n0 0\n")
    with pytest.raises(ValueError, match=r"mapping\.txt: lines are \"idx orig_idx orig_file\""):
        open_celebamask_hq(published, "train", tmp_path / "cache")
    (published / "CelebA-HQ-to-CelebA-mapping.txt").unlink()
    with pytest.raises(
        ValueError,
        match=r"mapping\.txt: cannot be read \(No such file.*publisher",
    ):
        open_celebamask_hq(published, "train", tmp_path / "cache")


def test_wrong_masks_are_named(published: Path, tmp_path: Path) -> None:
    masks = published / "CelebAMask-HQ-mask-anno" / "0"
    for file in masks.glob("00001_*"):
        file.unlink()
    with pytest.raises(
        ValueError, match=r"0/00001_skin\.png and masks of other parts: there is none for face 1"
    ):
        open_celebamask_hq(published, "train", tmp_path / "cache")
    Image.new("RGB", (3, 3)).save(masks / "00001_hair.png")
    Image.new("RGB", (3, 4)).save(masks / "00001_nose.png")
    with pytest.raises(ValueError, match=r"00001_hair\.png is 3×3 .*other masks of this face are 3×4"):
        open_celebamask_hq(published, "train", tmp_path / "cache")
    (masks / "00001_hair.png").write_bytes(b"")
    with pytest.raises(ValueError, match=r"00001_hair\.png: cannot be read as a picture"):
        open_celebamask_hq(published, "train", tmp_path / "cache")
