"""A file is whole or absent, whatever happens while it is written."""

import errno
import os
from pathlib import Path

import pytest

from data.atomic_write import write_atomically, write_text_atomically


def test_writes_and_replaces(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for text in ("first", "second, longer", ""):
        write_text_atomically(file, text)
        assert file.read_text() == text
        assert os.listdir(tmp_path) == ["file"]


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    seen = []

    def write(partial: Path) -> None:
        partial.write_text("ne")
        seen.append(file.read_text())
        partial.write_text("new")
        seen.append(file.read_text())

    write_atomically(file, write)
    assert seen == ["old", "old"] and file.read_text() == "new"


@pytest.mark.parametrize("failing", ["write", "fsync", "replace"])
@pytest.mark.parametrize("old", ["old", None])
def test_a_failure_leaves_things_as_they_were(
    failing: str, old: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    if old is not None:
        file.write_text(old)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def write(partial: Path) -> None:
        partial.write_text("half of it")
        if failing == "write":
            full()

    if failing != "write":
        monkeypatch.setattr(os, failing, full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(file, write)
    assert os.listdir(tmp_path) == ([] if old is None else ["file"])
    assert old is None or file.read_text() == old


def test_the_bytes_are_on_the_disk_before_the_name_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a power cut there must be no new name with old or no bytes; and the folder's entry counts."""
    calls = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (calls.append("fsync"), fsync(file)))
    monkeypatch.setattr(os, "replace", lambda old, new: (calls.append("replace"), replace(old, new)))
    write_text_atomically(tmp_path / "file", "text")
    assert calls == ["fsync", "replace", "fsync"]


def test_others_may_read_it_where_the_umask_lets_them(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        write_text_atomically(tmp_path / "file", "text")
    finally:
        os.umask(old)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644
