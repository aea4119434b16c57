from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.batch import Sample
from data.dataset_info import DatasetInfo
from data.sampler import Position
from data.sources.facades import LABEL_FORMAT, open_facades
from data.sources.source import Source
from options.build.data import given_set
from options.schema.dataset import FacadesOptions
from tests.data.trees import FACADES_PALETTE, write_facade
from tests.shared import shared_data


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All 378 + 228 names, at one pixel each, beside the archives' other files."""
    root = tmp_path_factory.mktemp("published")
    for part, letter, count in (("base", "b", 378), ("extended", "x", 228)):
        for number in range(1, count + 1):
            write_facade(root / part, f"cmp_{letter}{number:04d}", np.array([[1 + number % 12]]))
    (root / "label_names.txt").write_text("1 background 1\n")
    return root


def names_of(source: Source) -> list[str]:
    return [source.read(index).name for index in range(len(source))]


def test_every_published_picture_is_in_one_split(published: Path) -> None:
    splits = {split: names_of(open_facades(published, split)) for split in ("train", "val", "test")}
    assert {split: len(names) for split, names in splits.items()} == {"train": 404, "val": 101, "test": 101}
    assert set(Counter(name for names in splits.values() for name in names).values()) == {1}
    assert splits["train"][:5] == ["cmp_b0001", "cmp_b0002", "cmp_b0003", "cmp_b0004", "cmp_b0007"]
    assert splits["val"][:2] == ["cmp_b0005", "cmp_b0011"] and splits["test"][-1] == "cmp_x0228"


def test_a_part_keeps_its_split(published: Path, tmp_path: Path) -> None:
    """Who has less of the data set never trains on what others hold out."""
    whole = set(names_of(open_facades(published, "train")))
    for name in ("cmp_x0005", "cmp_x0006", "cmp_x0007", "cmp_x0012"):
        write_facade(tmp_path / "extended", name, np.ones((1, 1)))
    train, test = open_facades(tmp_path, "train"), open_facades(tmp_path, "test")
    assert names_of(train) == ["cmp_x0007"] and "cmp_x0007" in whole
    assert names_of(test) == ["cmp_x0006", "cmp_x0012"]


def test_stored_ids_become_class_ids(tmp_path: Path) -> None:
    write_facade(tmp_path / "base", "cmp_b0001", np.array([[1, 2, 12], [3, 3, 4]]))
    source = open_facades(tmp_path, "train")
    record = source.read(0)
    assert record.labels.tolist() == [[0, 1, 11], [2, 2, 3]]
    names = [source.label_set.names[label] for label in (0, 1, 2, 3, 11)]
    assert names == ["background", "facade", "window", "door", "shop"]
    assert source.label_set.colours[:6] == tuple(FACADES_PALETTE[1:]) and not source.label_set.has_unknown
    write_facade(tmp_path / "base", "cmp_b0001", np.array([[0, 13, 1]]))
    with pytest.raises(ValueError, match=r"cmp_b0001\.png: label id 0 .*, 13 .*allowed ids are 1 to 12;"):
        source.read(0)


def test_a_wrong_tree_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere: no such folder; expected CMP Facades: base/cmp_b0001"):
        open_facades(tmp_path / "nowhere", "train")
    with pytest.raises(ValueError, match="neither a folder base nor extended; expected CMP Facades"):
        open_facades(tmp_path, "train")
    with pytest.raises(ValueError, match="split=validation: CMP Facades has train, val, test"):
        open_facades(tmp_path, "validation")
    write_facade(tmp_path / "base", "cmp_b0001", np.ones((2, 2)))
    with pytest.raises(ValueError, match="none of its pictures is of split=val"):
        open_facades(tmp_path, "val")
    write_facade(tmp_path / "base", "mine", np.ones((2, 2)))
    with pytest.raises(ValueError, match=r"mine\.png: names here are cmp_b and a number"):
        open_facades(tmp_path, "train")
    (tmp_path / "base" / "mine.png").unlink()
    with pytest.raises(ValueError, match=r"1 of .*base/\*\.jpg have no partner in .*base/\*\.png \(mine\)"):
        open_facades(tmp_path, "train")


def test_own_label_maps_are_numbered_as_the_published_ones(tmp_path: Path) -> None:
    write_facade(tmp_path, "mine", np.array([[1, 2, 12]]))
    (tmp_path / "mine.jpg").unlink()
    info = DatasetInfo(LABEL_FORMAT.label_set, edges=False, styles=("default",))
    dataset = given_set(FacadesOptions(root="/x"), info, tmp_path, None, None, None)
    sample = dataset[Position(0, 0)]
    assert isinstance(sample, Sample) and sample.labels.tolist() == [[0, 1, 11]]


def test_the_given_pictures_are_read() -> None:
    root = shared_data("cmp_facades")
    sizes = {split: len(open_facades(root, split)) for split in ("train", "val", "test")}
    assert sizes == {"train": 200, "val": 50, "test": 50}
    source = open_facades(root, "val")
    for index in range(0, 50, 12):
        record = source.read(index)
        stored = Image.open(root / "base" / f"{record.name}.png")
        np.testing.assert_array_equal(record.labels + 1, np.asarray(stored))
        assert record.photo is not None and record.photo.size == stored.size
        painted = np.asarray(source.label_set.colours)[record.labels]
        np.testing.assert_array_equal(painted, np.asarray(stored.convert("RGB")))


def test_the_names_are_those_of_the_given_list() -> None:
    root = shared_data("cmp_facades")
    rows = [line.split() for line in (root / "label_names.txt").read_text().splitlines()]
    assert [(int(number), name) for number, name, _ in rows] == list(
        enumerate(LABEL_FORMAT.label_set.names, start=1)
    )
