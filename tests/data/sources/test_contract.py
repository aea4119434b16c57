"""What every data set in the table promises, see data/sources/source.py."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data.sources.first import First
from data.sources.source import Source
from options.build_sources import READERS, build_source
from options.schema.dataset import DATASETS, CamVidOptions, FacadesOptions, FolderOptions, ScenesOptions
from tests.data.trees import blocks, write_facade, write_folder, write_pair


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


def open_scenes(root: Path) -> Source:
    return First(build_source(ScenesOptions(height=24, width=32), "train"), 2)


OPENED: dict[str, Callable[[Path], Source]] = {
    "camvid": open_camvid,
    "facades": open_facades,
    "folder": open_folder,
    "scenes": open_scenes,
}


def test_every_data_set_is_tested() -> None:
    assert set(OPENED) == set(READERS) == set(DATASETS)


@pytest.mark.parametrize("name", OPENED)
def test_records_keep_the_contract(tmp_path: Path, name: str) -> None:
    source = OPENED[name](tmp_path)
    names, colours = source.label_set.names, source.label_set.colours
    assert len(source) == 2
    assert len(set(names)) == len(names) == len(set(colours)) == len(colours)
    for index in range(2):
        record = source.read(index)
        assert record.photo is not None and (record.photo.mode, record.photo.size) == ("RGB", (32, 24))
        assert record.labels.dtype == np.int32 and record.labels.shape == (24, 32)
        assert record.labels.min() >= 0 and record.labels.max() < len(source.label_set)
        assert (record.instances is not None) == source.has_instances
        assert record.instances is None or record.instances.dtype == np.int32
        assert 0 <= record.style_id < len(source.styles)
    assert source.read(0).name != source.read(1).name


@pytest.mark.parametrize("name", OPENED)
def test_a_copy_in_a_worker_reads_the_same(tmp_path: Path, name: str) -> None:
    source = OPENED[name](tmp_path)
    copied = pickle.loads(pickle.dumps(source))
    np.testing.assert_array_equal(copied.read(1).labels, source.read(1).labels)
    np.testing.assert_array_equal(np.asarray(copied.read(1).photo), np.asarray(source.read(1).photo))
