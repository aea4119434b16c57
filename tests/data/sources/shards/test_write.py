"""Shards hold what the data set holds, and are the same bytes whether written in one go or in several."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import numpy as np
import pytest
import webdataset
from PIL import Image
from webdataset.tariterators import base_plus_ext

from data.sources.classes import numbered_label_set
from data.sources.folder import Folder
from data.sources.label_format import StoredIds
from data.sources.shards import Shards
from data.sources.shards.records import records_in, write_archive
from data.sources.shards.storage import FolderStorage
from data.sources.shards.write import ShardPlan, write_shards
from tests.data.trees import write_folder
from tests.verbs import PROJECT

FOUR = StoredIds.in_order(numbered_label_set(4, has_unknown=True), unknown=255)


def pairs(root: Path, count: int, instances: bool = True) -> Folder:
    write_folder(root, count)
    split = root / "train"
    if instances:
        (split / "instances").mkdir()
        for number in range(count):
            ids = np.arange(24 * 32, dtype=np.uint16).reshape(24, 32) // 50 * 1000 + number
            Image.fromarray(ids).save(split / "instances" / f"a{number}.png")
    return Folder(split / "labels", split / "photos", split / "instances" if instances else None, FOUR)


def plan(records: int = 4, shuffle: bool = True, **made: object) -> ShardPlan:
    return ShardPlan(records, quality=95, shuffle=shuffle, made=made)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def test_records_come_back_as_they_were(tmp_path: Path) -> None:
    source = pairs(tmp_path / "pairs", 10)
    write_shards(source, tmp_path / "out", plan(shuffle=False), workers=0)
    shards = Shards(FolderStorage(tmp_path / "out"))
    assert len(shards) == 10 and shards.shard_sizes == (4, 4, 2)
    assert shards.label_set == source.label_set and shards.styles == source.styles and shards.has_instances
    for index in range(10):
        stored, read = source.read(index), shards.read(index)
        assert (read.name, read.style_id) == (stored.name, stored.style_id)
        np.testing.assert_array_equal(read.labels, stored.labels)
        np.testing.assert_array_equal(read.instances, stored.instances)
        difference = np.abs(np.asarray(read.photo).astype(int) - np.asarray(stored.photo)).mean()
        assert difference < 2  # of 255: JPEG


def test_the_webdataset_library_reads_them(tmp_path: Path) -> None:
    source = pairs(tmp_path / "pairs", 6)
    write_shards(source, tmp_path / "out", plan(shuffle=False), workers=0)
    urls = [str(file) for file in sorted((tmp_path / "out").glob("*.tar"))]
    read = list(webdataset.WebDataset(urls, shardshuffle=False))
    assert [json.loads(sample["json"])["name"] for sample in read] == [f"a{number}" for number in range(6)]
    for number, sample in enumerate(read):
        kinds = {name for name in sample if not name.startswith("__")}
        assert kinds == {"photo.jpg", "labels.png", "instances.png", "json"}
        labels = np.asarray(Image.open(io.BytesIO(sample["labels.png"])))
        np.testing.assert_array_equal(labels, source.read(number).labels)
        assert Image.open(io.BytesIO(sample["photo.jpg"])).format == "JPEG"


def test_archives_are_those_of_the_webdataset_library(tmp_path: Path) -> None:
    files = {"photo.jpg": b"x" * 1000, "labels.png": b"", "json": b"{}"}
    with (
        open(tmp_path / "theirs.tar", "wb") as stream,
        webdataset.TarWriter(stream, user="", group="", mtime=0, encoder=False) as tar,
    ):
        for key in ("000000001", "000000007"):
            tar.write({"__key__": key, **files})
    write_archive(tmp_path / "ours.tar", [("000000001", files), ("000000007", files)])
    assert (tmp_path / "ours.tar").read_bytes() == (tmp_path / "theirs.tar").read_bytes()


def test_names_are_split_as_the_webdataset_library_does(tmp_path: Path) -> None:
    names = ["a.png", "a.labels.PNG", "b/c.d/a.photo.jpg", "b/c.d/a.json", "x/.png", "none", ".hidden"]
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(name))
    expected: list[dict[str, str]] = []
    last = None
    for name in names:
        key, ending = base_plus_ext(name)
        if key is None:
            continue
        if key != last:
            expected.append({})
        last = key
        expected[-1][ending.lower()] = name
    found = records_in(tmp_path / "a.tar")
    assert [{ending: member.name for ending, member in files.items()} for files in found] == expected


def test_unknown_and_more_than_256_classes_and_large_instance_ids(tmp_path: Path) -> None:
    labels = tmp_path / "labels"
    labels.mkdir()
    (tmp_path / "instances").mkdir()
    ids = np.array([[0, 299, 300], [65_000, 7, 8]], dtype=np.uint16)
    Image.fromarray(ids).save(labels / "a.png")
    Image.fromarray(np.array([[5, 5, 70_000], [9_000_000, 0, 0]], dtype=np.int32)).save(
        tmp_path / "instances" / "a.tif"
    )
    stored = StoredIds.in_order(numbered_label_set(301, has_unknown=True), unknown=65_000)
    write_shards(Folder(labels, None, tmp_path / "instances", stored), tmp_path / "out", plan(), workers=0)
    record = Shards(FolderStorage(tmp_path / "out")).read(0)
    assert record.labels.tolist() == [[0, 299, 300], [301, 7, 8]] and record.photo is None
    assert record.instances is not None
    # Numbered anew, since PNG has 16 bits: the same pixels belong together.
    assert record.instances.tolist() == [[1, 1, 2], [3, 0, 0]]


def test_shards_of_a_training_split_are_mixtures(tmp_path: Path) -> None:
    source = pairs(tmp_path / "pairs", 12, instances=False)
    write_shards(source, tmp_path / "out", plan(), workers=0)
    shards = Shards(FolderStorage(tmp_path / "out"))
    names = [shards.read(index).name for index in range(12)]
    assert sorted(names) == sorted(f"a{number}" for number in range(12))
    assert names != [f"a{number}" for number in range(12)]


@pytest.mark.parametrize("workers", [1, 2])
def test_processes_alter_no_byte_and_nor_does_time(tmp_path: Path, workers: int) -> None:
    source = pairs(tmp_path / "pairs", 9)
    write_shards(source, tmp_path / "one", plan(), workers=0)
    time.sleep(1.1)  # tar counts seconds
    write_shards(source, tmp_path / "other", plan(), workers=workers)
    assert contents(tmp_path / "one") == contents(tmp_path / "other")
    with tarfile.open(tmp_path / "one" / "000000.tar") as archive:
        for info in archive:
            assert (info.mtime, info.uid, info.gid, info.uname, info.gname) == (0, 0, 0, "", "")


WRITER = """
import sys, time
from pathlib import Path
from data.sources.shards import write
from data.sources.classes import numbered_label_set
from data.sources.folder import Folder
from data.sources.label_format import StoredIds

root, out = Path(sys.argv[1]), Path(sys.argv[2])
stored = StoredIds.in_order(numbered_label_set(4, has_unknown=True), unknown=255)
source = Folder(root / "labels", root / "photos", root / "instances", stored)

def slowly(records):
    if records == 1:
        print("record", flush=True)
        time.sleep(0.1)

write.write_shards(source, out, write.ShardPlan(4, 95, True, {}), workers=1, advance=slowly)
"""


@pytest.mark.parametrize("killed_after", [1, 6, 11])
def test_killed_and_run_again_is_the_same(tmp_path: Path, killed_after: int) -> None:
    source = pairs(tmp_path / "pairs", 14)
    write_shards(source, tmp_path / "clean", plan(), workers=0)
    out = tmp_path / "killed"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "pairs" / "train"), str(out)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    for _ in range(killed_after):
        assert writer.stdout.readline() == "record\n"
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    left = {file.name for file in out.iterdir()}
    assert ".partial" in "".join(left) and "000003.tar" not in left  # in the midst of a shard
    with pytest.raises(ValueError, match=r"killed: its shards are not complete; run scripts/make_shards\.py"):
        Shards(FolderStorage(out))
    before = {name: (out / name).stat().st_mtime_ns for name in left if name.endswith(".tar")}
    write_shards(source, out, plan(), workers=0)
    assert contents(out) == contents(tmp_path / "clean")
    for name, when in before.items():  # what was whole was kept
        assert (out / name).stat().st_mtime_ns == when


def test_shards_of_another_plan_are_left_alone(tmp_path: Path) -> None:
    source = pairs(tmp_path / "pairs", 5)
    write_shards(source, tmp_path / "out", plan(dataset="a"), workers=0)
    before = contents(tmp_path / "out")
    with pytest.raises(ValueError, match=r"made otherwise \(records\); choose another folder"):
        write_shards(source, tmp_path / "out", plan(records=3, dataset="a"), workers=0)
    with pytest.raises(ValueError, match=r"made otherwise \(dataset\)"):
        write_shards(source, tmp_path / "out", plan(dataset="b"), workers=0)
    assert contents(tmp_path / "out") == before
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "x.tar").write_bytes(b"")
    with pytest.raises(ValueError, match="holds archives without an index"):
        write_shards(source, tmp_path / "foreign", plan(), workers=0)


def test_a_bad_record_is_named_or_skipped(tmp_path: Path) -> None:
    source = pairs(tmp_path / "pairs", 120, instances=False)
    photo = tmp_path / "pairs" / "train" / "photos" / "a7.png"
    photo.write_bytes(photo.read_bytes()[:60])
    with pytest.raises(ValueError, match=r"a7\.png: cannot be read"):
        write_shards(source, tmp_path / "out", plan(records=50), workers=0)
    warnings: list[str] = []
    write_shards(source, tmp_path / "out", plan(records=50), workers=0, on_error="skip", warn=warnings.append)
    shards = Shards(FolderStorage(tmp_path / "out"))
    assert len(shards) == 119 and sorted(shards.shard_sizes) == [20, 49, 50]
    assert len(warnings) == 1 and "a7.png" in warnings[0]
