"""Lists of files: names come back as they are, and cost one block of memory."""

from __future__ import annotations

import pickle
from pathlib import Path

from data.sources.file_source import FileList

NAMES = ["a0", "ähnlich", "aachen/aachen_000000_000019", "\udcff"]  # the last: no text in UTF-8


def test_names_come_back() -> None:
    for files in (
        FileList(Path("x"), NAMES, ".png"),
        pickle.loads(pickle.dumps(FileList(Path("x"), NAMES, ".png"))),
    ):
        assert [files[index] for index in range(len(files))] == [Path(f"x/{name}.png") for name in NAMES]
    assert FileList(Path("x"), NAMES[:1])[0] == Path("x/a0") and len(FileList(Path("x"), [])) == 0


def test_a_hundred_thousand_names_are_no_objects() -> None:
    files = FileList(Path("x"), [f"{number:012d}" for number in range(100_000)], ".png")
    assert len(pickle.dumps(files)) < 100_000 * 13
