from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.sources.coco_stuff import open_coco_stuff
from tests.data.published import outline, write_coco_instances, write_coco_stuff, write_spade_coco
from tests.shared import shared_data

GRASS, PERSON, UNKNOWN = 123, 0, 255


def field(height: int = 6, width: int = 8) -> np.ndarray:
    ids = np.full((height, width), GRASS)
    ids[1:4, 1:6] = PERSON
    ids[0, 0] = UNKNOWN
    return ids


def square(left: int, top: int, right: int, bottom: int) -> list[float]:
    return [left, top, right, top, right, bottom, left, bottom]


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Two people side by side in image 9, none in 25; a crowd over all of image 9."""
    root = tmp_path / "coco"
    write_coco_stuff(root, 9, field())
    write_coco_stuff(root, 25, field(5, 7))
    crowd = outline(9, []) | {"iscrowd": 1, "segmentation": {"counts": [0, 48], "size": [6, 8]}}
    people = [outline(9, [square(1, 1, 3, 4)]), outline(9, [square(3, 1, 5, 4), square(5, 1, 6, 2)])]
    write_coco_instances(root, {9: (6, 8), 25: (5, 7), 26: (1, 1)}, [crowd, *people])
    return root


def test_ids_become_classes(published: Path, tmp_path: Path) -> None:
    source = open_coco_stuff(published, "train", cache=tmp_path / "cache")
    record = source.read(0)
    assert record.name == "000000000009" and len(source) == 2
    np.testing.assert_array_equal(record.labels, np.where(field() == 255, 182, field()))
    assert (len(source.label_set), source.label_set.unknown) == (183, 182)
    named = [source.label_set.names[label] for label in (0, 11, 25, 90, 91, 123, 181)]
    assert named == ["person", "street sign", "hat", "hair brush", "banner", "grass", "wood"]
    assert source.label_set.colours[:3] == ((220, 20, 60), (119, 11, 32), (0, 0, 142))


def test_instance_maps_are_made_from_the_outlines(published: Path, tmp_path: Path) -> None:
    source = open_coco_stuff(published, "train", cache=tmp_path / "cache")
    expected = field()
    expected[1:4, 1:3] = 256
    expected[1:4, 3:5] = 257
    expected[1, 5] = 257  # the second person is in two pieces
    np.testing.assert_array_equal(source.read(0).instances, expected)
    np.testing.assert_array_equal(source.read(1).instances, field(5, 7))
    (folder,) = (tmp_path / "cache").iterdir()
    with Image.open(folder / "000000000009.png") as stored:
        assert stored.mode == "I;16"
    assert not list(published.rglob("*.lock")) and not list(published.rglob("*.partial"))


@pytest.mark.parametrize("counts", [[6, 3, 39], b"63W1"], ids=["numbers", "letters"])
def test_outlines_as_run_lengths(counts: object, tmp_path: Path) -> None:
    """Down the columns: 6 pixels outside, 3 inside, 39 outside."""
    root = tmp_path / "coco"
    write_coco_stuff(root, 9, field())
    letters = counts.decode() if isinstance(counts, bytes) else counts
    annotation = {"image_id": 9, "segmentation": {"counts": letters, "size": [6, 8]}}
    write_coco_instances(root, {9: (6, 8)}, [annotation, outline(9, [])])
    expected = field()
    expected[:3, 1] = 256
    instances = open_coco_stuff(root, "train", cache=tmp_path / "cache").read(0).instances
    np.testing.assert_array_equal(instances, expected)


def test_the_annotations_are_needed_once(published: Path, tmp_path: Path) -> None:
    first = open_coco_stuff(published, "train", cache=tmp_path / "cache").read(0).instances
    file = published / "annotations" / "instances_train2017.json"
    times, text = file.stat(), file.read_text()
    file.write_text("x" * len(text))  # as large and as old as before, and never opened
    import os

    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    again = open_coco_stuff(published, "train", cache=tmp_path / "cache").read(0).instances
    np.testing.assert_array_equal(first, again)
    file.write_text("{}")
    with pytest.raises(ValueError, match=r"instances_train2017\.json: not COCO's instances \('images'\)"):
        open_coco_stuff(published, "train", cache=tmp_path / "cache")


def test_other_annotations_make_other_maps(published: Path, tmp_path: Path) -> None:
    open_coco_stuff(published, "train", cache=tmp_path / "cache")
    write_coco_instances(published, {9: (6, 8), 25: (5, 7)}, [])
    instances = open_coco_stuff(published, "train", cache=tmp_path / "cache").read(0).instances
    np.testing.assert_array_equal(instances, field())


def test_without_instances_nothing_is_made(published: Path, tmp_path: Path) -> None:
    (published / "annotations" / "instances_train2017.json").unlink()
    source = open_coco_stuff(published, "train", instances=False, cache=tmp_path / "cache")
    assert not source.has_instances and source.read(0).instances is None
    assert not (tmp_path / "cache").exists()
    with pytest.raises(ValueError, match=r"instances_train2017\.json: no such file; unpack annotations_"):
        open_coco_stuff(published, "train", cache=tmp_path / "cache")


def test_pictures_the_annotations_do_not_know(published: Path, tmp_path: Path) -> None:
    write_coco_instances(published, {9: (6, 8)}, [])
    with pytest.raises(ValueError, match=r"instances_train2017\.json: it has no image 000000000025\.jpg"):
        open_coco_stuff(published, "train", cache=tmp_path / "cache")
    write_coco_instances(published, {9: (6, 8), 25: (7, 5)}, [])
    with pytest.raises(ValueError, match=r"000000000025\.png is 7×5 .*image is 5×7 in the annotations"):
        open_coco_stuff(published, "train", cache=tmp_path / "cache")


def test_spades_arrangement(tmp_path: Path) -> None:
    instances = field() // 2
    write_spade_coco(tmp_path, "000000000009", field(), instances, "val")
    record = open_coco_stuff(tmp_path, "val").read(0)
    np.testing.assert_array_equal(record.labels, np.where(field() == 255, 182, field()))
    np.testing.assert_array_equal(record.instances, instances)
    (tmp_path / "val_inst" / "000000000009.png").unlink()
    with pytest.raises(ValueError, match=r"val_inst: the name of none of its 0 files ends in \.png"):
        open_coco_stuff(tmp_path, "val")
    assert not open_coco_stuff(tmp_path, "val", instances=False).has_instances


def test_a_wrong_tree_is_explained(tmp_path: Path) -> None:
    both = (
        r"expected COCO-Stuff as SPADE arranges it, train_img, .* or as published, train2017, stuffthingmaps"
    )
    with pytest.raises(ValueError, match=r"nowhere: no such folder; " + both):
        open_coco_stuff(tmp_path / "nowhere", "train")
    with pytest.raises(ValueError, match=r"trainval2017/train2017: no such folder; " + both):
        open_coco_stuff(tmp_path, "train")
    with pytest.raises(ValueError, match="split=test: COCO-Stuff has train, val"):
        open_coco_stuff(tmp_path, "test")


def test_the_published_pictures_are_read() -> None:
    root = shared_data("coco_stuff")
    source = open_coco_stuff(root, "train")
    assert len(source) == 13
    for index in range(13):
        record = source.read(index)
        stored = np.asarray(Image.open(root / "train_label" / f"{record.name}.png"))
        np.testing.assert_array_equal(record.labels, np.where(stored == 255, 182, stored))
        instances = np.asarray(Image.open(root / "train_inst" / f"{record.name}.png"))
        np.testing.assert_array_equal(record.instances, instances)
