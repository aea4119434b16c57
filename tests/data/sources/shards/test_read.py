"""Reading shards: from a folder, from a server through a cache, and what a person is told of faults."""

from __future__ import annotations

import functools
import json
import pickle
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from data.dataset import PairedDataset
from data.loader import train_loader
from data.sampler import StreamSampler
from data.sources.shards import Shards, open_shards
from data.sources.shards.storage import FolderStorage, UrlStorage, storage_of
from data.sources.shards.write import ShardPlan, write_shards
from data.sources.source import SplitAbsent
from data.transforms import JointTransform
from tests.data.sources.shards.test_write import pairs

CROPS = JointTransform(16, 16, "none", crop=True, flip=True)


class Hooks(SimpleHTTPRequestHandler):
    """Serves a folder and remembers what was asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def split(tmp_path: Path) -> Path:
    """Five shards of four records, at ROOT/train."""
    write_shards(pairs(tmp_path / "pairs", 20), tmp_path / "root" / "train", ShardPlan(4, 95, True, {}), 0)
    return tmp_path / "root" / "train"


@pytest.fixture
def served(split: Path) -> Iterator[tuple[str, list[str]]]:
    """The root behind a URL, and what is asked for there."""
    asked: list[str] = []
    handler = type("Handler", (Hooks,), {"asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(split.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def same(one: Shards, other: Shards) -> None:
    for index in range(len(one)):
        first, second = one.read(index), other.read(index)
        assert first.name == second.name
        np.testing.assert_array_equal(first.labels, second.labels)
        np.testing.assert_array_equal(np.asarray(first.photo), np.asarray(second.photo))


def test_a_server_gives_what_the_folder_gives(
    split: Path, served: tuple[str, list[str]], tmp_path: Path
) -> None:
    url, asked = served
    remote = Shards(storage_of(url, "train", tmp_path / "cache", 10**9))
    same(Shards(FolderStorage(split)), remote)
    assert sorted(asked) == [*(f"/train/{number:06d}.tar" for number in range(5)), "/train/index.json"]
    same(remote, Shards(storage_of(url, "train", tmp_path / "cache", 10**9)))
    assert len(asked) == 7  # the index again, the shards from the cache


def test_the_cache_stays_within_its_size(split: Path, served: tuple[str, list[str]], tmp_path: Path) -> None:
    url, asked = served
    room = 2 * max(file.stat().st_size for file in split.glob("*.tar"))
    remote = Shards(storage_of(url, "train", tmp_path / "cache", room))
    for index in [0, 5, 9, 13, 17, 1, 6]:  # the first two shards had to go and are fetched again
        remote.read(index)
        kept = [file.stat().st_size for file in (tmp_path / "cache").glob("*/*.tar")]
        assert sum(kept) <= room
    assert asked.count("/train/000000.tar") == 2
    same(Shards(FolderStorage(split)), remote)


def test_two_urls_share_no_file(split: Path, served: tuple[str, list[str]], tmp_path: Path) -> None:
    url, _ = served
    for root in (url, url.replace("127.0.0.1", "localhost")):
        Shards(storage_of(root, "train", tmp_path / "cache", 10**9)).read(0)
    assert len(list((tmp_path / "cache").glob("*/000000.tar"))) == 2


def batches(source: Shards, count: int, workers: int = 0, start: int = 0, rank: int = 0, of: int = 1):
    sampler = StreamSampler(len(source), 4, 7, rank, of, start, shards=source.shard_sizes)
    dataset = PairedDataset(source, CROPS, seed=7)
    return list(islice(train_loader(dataset, sampler, workers), count))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_stop_is_no_difference(split: Path, workers: int) -> None:
    source = Shards(FolderStorage(split))
    whole = batches(source, 11)  # two epochs and a bit
    assert sorted(name for batch in whole[:5] for name in batch.names) == sorted(f"a{n}" for n in range(20))
    rest = batches(Shards(FolderStorage(split)), 8, workers, start=12)
    for one, other in zip(whole[3:], rest, strict=True):
        assert one.names == other.names and torch.equal(one.photo, other.photo)
        assert torch.equal(one.labels, other.labels)


def test_processes_together_see_what_one_sees(split: Path) -> None:
    source = Shards(FolderStorage(split))
    alone = [batch.names for batch in batches(source, 6)]
    shares = [batches(source, 6, rank=rank, of=2) for rank in range(2)]
    assert alone == [one.names + other.names for one, other in zip(*shares)]


def test_a_source_travels_to_workers(split: Path) -> None:
    source = Shards(FolderStorage(split))
    source.read(3)
    same(source, pickle.loads(pickle.dumps(source)))


def test_what_is_absent_or_damaged_is_named(split: Path, tmp_path: Path) -> None:
    with pytest.raises(SplitAbsent, match=r"val/index\.json: No such file.*scripts/make_shards\.py wrote"):
        Shards(FolderStorage(split.parent / "val"))
    shard = split / "000001.tar"
    whole = shard.read_bytes()
    shard.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        ValueError, match=r"000001\.tar: (cannot be read as|\d records where index\.json says 4)"
    ):
        Shards(FolderStorage(split)).read(5)
    shard.write_bytes(b"no archive")
    with pytest.raises(ValueError, match=r"000001\.tar: cannot be read as an uncompressed tar archive"):
        Shards(FolderStorage(split)).read(5)
    shard.unlink()
    with pytest.raises(ValueError, match=r"000001\.tar: cannot be read as an uncompressed tar"):
        Shards(FolderStorage(split)).read(5)


def test_a_damaged_picture_is_named_with_its_shard(split: Path) -> None:
    shard = split / "000000.tar"
    data = shard.read_bytes()
    place = data.index(b"\x89PNG")
    shard.write_bytes(data[:place] + b"\0" * 8 + data[place + 8 :])
    with pytest.raises(ValueError, match=r"000000\.tar: \d+\.\w+\.png: cannot be read as a picture"):
        Shards(FolderStorage(split)).read(0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 9}, "its format is 9"),
        ({"shards": [{"name": "../x.tar", "records": 1}]}, "'../x.tar' is no name of a tar file"),
        ({"shards": [{"name": "x.tar", "records": 0}]}, "x.tar is listed with 0 records"),
        ({"shards": [{"records": 1}]}, "'name' is absent"),
        ({"classes": "sky"}, "no index of shards"),
    ],
)
def test_a_wrong_index_is_explained(split: Path, change: dict, message: str) -> None:
    file = split / "index.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(ValueError, match=message):
        Shards(FolderStorage(split))


def test_an_address_that_answers_not_is_one_line(served: tuple[str, list[str]], tmp_path: Path) -> None:
    url, _ = served
    with pytest.raises(ValueError, match=r"nowhere/index\.json: cannot be fetched .*exit 22") as caught:
        Shards(storage_of(url, "nowhere", tmp_path, 10**9))
    assert "\n" not in str(caught.value)


def test_the_library_that_fetches_is_optional(
    split: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "webdataset", None)
    assert len(Shards(FolderStorage(split))) == 20
    with pytest.raises(ValueError, match=r'need the webdataset library; .*pip install "\.\[shards\]"'):
        open_shards("http://127.0.0.1/x", "train", cache=str(tmp_path))


def test_commands_are_no_addresses(tmp_path: Path) -> None:
    mark = tmp_path / "run"
    with pytest.raises(ValueError, match="shards are fetched by http, https, gs, hf, ais, not by pipe"):
        UrlStorage(f"pipe:touch {mark} ://x", tmp_path, 10**9)
    with pytest.raises(ValueError):
        Shards(storage_of(f"pipe:touch {mark} ://x", "train", tmp_path, 10**9))
    assert not mark.exists()
