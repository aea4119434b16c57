"""What every data set in the table promises, see data/sources/source.py."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data.sources import READERS
from data.sources.shards.write import ShardPlan, write_shards
from data.sources.source import Source, Subset
from options.build.data import build_source
from options.schema.dataset import (
    DATASETS,
    Ade20kOptions,
    Ade20kOutdoorOptions,
    CamVidOptions,
    CelebAMaskHQOptions,
    CityscapesOptions,
    CocoStuffOptions,
    FacadesOptions,
    FolderOptions,
    ScenesOptions,
    WebDatasetOptions,
)
from tests.data import published
from tests.data.trees import blocks, write_facade, write_folder, write_pair


def open_ade20k(root: Path) -> Source:
    for number in (1, 2):
        published.write_ade20k(root, f"ADE_train_0000000{number}", blocks(24, 32))
    return build_source(Ade20kOptions(root=str(root)), "train")


def open_ade20k_outdoor(root: Path) -> Source:
    for number in (1, 2):
        published.write_ade20k(root, f"ADE_train_0000000{number}", blocks(24, 32), scene="street")
    return build_source(Ade20kOutdoorOptions(root=str(root)), "train")


def open_celebamask_hq(root: Path) -> Source:
    for face in (1, 2):
        published.write_face(
            root / "faces", face, {"skin": blocks(12, 16, seed=face), "hair": blocks(12, 16)}
        )
    published.write_face_mapping(root / "faces", {1: 1, 2: 2})
    options = CelebAMaskHQOptions(root=str(root / "faces"), cache=str(root / "cache"))
    return build_source(options, "train")


def open_cityscapes(root: Path) -> Source:
    for name in ("aachen_000000_000019", "bochum_000000_000019"):
        published.write_cityscapes(root, name, blocks(24, 32) + 7, 1000 * blocks(24, 32).astype(int))
    return build_source(CityscapesOptions(root=str(root)), "train")


def open_coco_stuff(root: Path) -> Source:
    for number in (1, 2):
        published.write_coco_stuff(root / "coco", number, blocks(24, 32))
    person = published.outline(1, [[1, 1, 9, 1, 9, 9]])
    published.write_coco_instances(root / "coco", {1: (24, 32), 2: (24, 32)}, [person])
    return build_source(CocoStuffOptions(root=str(root / "coco"), cache=str(root / "cache")), "train")


def open_camvid(root: Path) -> Source:
    for name in ("0001TP_1", "0016E5_2"):
        write_pair(root / "trainannot", root / "train", name, blocks(24, 32))
    return build_source(CamVidOptions(root=str(root)), "train")


def open_facades(root: Path) -> Source:
    for name in ("cmp_b0001", "cmp_b0002"):
        write_facade(root / "base", name, blocks(24, 32) + 1)
    return build_source(FacadesOptions(root=str(root)), "train")


def open_folder(root: Path) -> Source:
    return build_source(FolderOptions(root=str(write_folder(root, 2)), num_classes=4), "train")


def open_webdataset(root: Path) -> Source:
    write_shards(
        open_folder(root / "pairs"), root / "shards" / "train", ShardPlan(1, 95, False, {}), workers=0
    )
    return build_source(WebDatasetOptions(root=str(root / "shards")), "train")


def open_scenes(root: Path) -> Source:
    return Subset.first(build_source(ScenesOptions(height=24, width=32), "train"), 2)


OPENED: dict[str, Callable[[Path], Source]] = {
    "ade20k": open_ade20k,
    "ade20k_outdoor": open_ade20k_outdoor,
    "camvid": open_camvid,
    "celebamask_hq": open_celebamask_hq,
    "cityscapes": open_cityscapes,
    "coco_stuff": open_coco_stuff,
    "facades": open_facades,
    "folder": open_folder,
    "scenes": open_scenes,
    "webdataset": open_webdataset,
}


COLOURS_REPEAT = ("ade20k", "ade20k_outdoor", "cityscapes", "coco_stuff")
"""Sets whose publishers gave some colours twice."""


def test_every_data_set_is_tested() -> None:
    assert set(OPENED) == set(READERS) == set(DATASETS)


@pytest.mark.parametrize("name", OPENED)
def test_records_keep_the_contract(tmp_path: Path, name: str) -> None:
    source = OPENED[name](tmp_path)
    names, colours = source.label_set.names, source.label_set.colours
    assert len(source) == 2
    assert len(set(names)) == len(names) == len(colours)
    assert name in COLOURS_REPEAT or len(set(colours)) == len(colours)
    for index in range(2):
        record = source.read(index)
        assert record.photo is not None and (record.photo.mode, record.photo.size) == ("RGB", (32, 24))
        assert record.labels.dtype == np.int32 and record.labels.shape == (24, 32)
        assert record.labels.min() >= 0 and record.labels.max() < len(source.label_set)
        assert (record.instances is not None) == source.has_instances
        assert record.instances is None or record.instances.dtype == np.int32
        assert 0 <= record.style_id < len(source.styles)
    assert source.read(0).name != source.read(1).name
    stored = READERS[name].label_format
    assert callable(stored) or stored.label_set == source.label_set


@pytest.mark.parametrize("name", OPENED)
def test_a_copy_in_a_worker_reads_the_same(tmp_path: Path, name: str) -> None:
    source = OPENED[name](tmp_path)
    copied = pickle.loads(pickle.dumps(source))
    np.testing.assert_array_equal(copied.read(1).labels, source.read(1).labels)
    np.testing.assert_array_equal(np.asarray(copied.read(1).photo), np.asarray(source.read(1).photo))
