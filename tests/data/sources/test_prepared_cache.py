"""Files that are made once: whole, restartable, apart for each data set."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.sources.prepared_cache import default_cache, prepare, prepared_folder
from tests.data.published import write_face, write_face_mapping
from tests.data.trees import blocks
from tests.verbs import PROJECT


def square(stem: str) -> np.ndarray:
    return np.full((2, 3), int(stem), dtype=np.uint16 if int(stem) > 255 else np.uint8)


def test_what_is_missing_is_made(tmp_path: Path) -> None:
    prepare(tmp_path / "made", ["1", "300"], lambda: square, "squares")
    assert np.asarray(Image.open(tmp_path / "made" / "300.png")).tolist() == [[300] * 3] * 2
    before = (tmp_path / "made" / "1.png").stat().st_mtime_ns
    prepare(tmp_path / "made", ["1", "2", "300"], lambda: square, "squares")
    assert (tmp_path / "made" / "2.png").is_file()
    assert (tmp_path / "made" / "1.png").stat().st_mtime_ns == before
    prepare(tmp_path / "made", ["1", "2"], lambda: pytest.fail("all is there"), "squares")


def test_a_fault_keeps_what_is_made(tmp_path: Path) -> None:
    def faulty(stem: str) -> np.ndarray:
        if stem == "3":
            raise ValueError("3.png: damaged")
        return square(stem)

    with pytest.raises(ValueError, match=r"3\.png: damaged"):
        prepare(tmp_path, ["1", "2", "3"], lambda: faulty, "squares")
    made = {file.name for file in tmp_path.glob("*.png")}
    assert made <= {"1.png", "2.png"}
    prepare(tmp_path, ["1", "2", "3"], lambda: square, "squares")
    assert {file.name for file in tmp_path.glob("*.png")} == {"1.png", "2.png", "3.png"}


def test_each_data_set_has_a_folder_of_its_own(tmp_path: Path) -> None:
    first, second, cache = tmp_path / "first", tmp_path / "second", tmp_path / "cache"
    for root in (first, second):
        (root / "masks").mkdir(parents=True)
        os.utime(root / "masks", ns=(0, 0))
    folders = {
        prepared_folder("recipe-1", first, [first / "masks"], cache),
        prepared_folder("recipe-2", first, [first / "masks"], cache),
        prepared_folder("recipe-1", second, [second / "masks"], cache),
    }
    assert len(folders) == 3 and {folder.parent for folder in folders} == {cache}
    assert prepared_folder("recipe-1", first / ".", [first / "masks"], cache) in folders
    (first / "masks" / "new").touch()
    assert prepared_folder("recipe-1", first, [first / "masks"], cache) not in folders


def test_the_data_set_itself_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"dataset\.cache=.*/made lies inside the data set"):
        prepared_folder("recipe", tmp_path, [], tmp_path / "made")


def test_the_usual_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == tmp_path / "label-map-synthesis"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert default_cache() == Path("/home/somebody/.cache/label-map-synthesis")


MERGE = """
import sys
from pathlib import Path
from data.sources.celebamask_hq import open_celebamask_hq
open_celebamask_hq(Path(sys.argv[1]), "train", Path(sys.argv[2]))
"""


def merge(root: Path, cache: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", MERGE, str(root), str(cache)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, cwd=PROJECT, env=environment, stderr=subprocess.DEVNULL)


def contents(cache: Path) -> dict[str, bytes]:
    return {str(file.relative_to(cache)): file.read_bytes() for file in cache.rglob("*") if file.is_file()}


@pytest.mark.slow
def test_killed_and_run_again_is_as_one_clean_run(tmp_path: Path) -> None:
    root, count = tmp_path / "faces", 120
    for face in range(count):
        write_face(root, face, {part: blocks(128, 128, seed=face) for part in ("skin", "hair", "nose")}, 1)
    write_face_mapping(root, {face: face + 1 for face in range(count)})
    assert merge(root, tmp_path / "clean").wait(timeout=400) == 0
    half = merge(root, tmp_path / "killed")
    while len(list((tmp_path / "killed").rglob("*.png"))) < count // 3:
        assert half.poll() is None, "it ended before it could be killed"
        time.sleep(0.002)
    half.send_signal(signal.SIGKILL)
    half.wait()
    assert 0 < len(list((tmp_path / "killed").rglob("*.png"))) < count
    time.sleep(1.5)  # its processes notice that they are alone
    assert merge(root, tmp_path / "killed").wait(timeout=400) == 0
    assert contents(tmp_path / "killed") == contents(tmp_path / "clean")
    assert len(contents(tmp_path / "clean")) == count + 1  # and the lock


@pytest.mark.slow
def test_two_at_once_share_the_work(tmp_path: Path) -> None:
    root = tmp_path / "faces"
    for face in range(40):
        write_face(root, face, {"skin": blocks(64, 64, seed=face)}, 1)
    write_face_mapping(root, {face: face + 1 for face in range(40)})
    both = [merge(root, tmp_path / "cache") for _ in range(2)]
    assert [process.wait(timeout=400) for process in both] == [0, 0]
    assert len(contents(tmp_path / "cache")) == 41
