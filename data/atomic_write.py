"""Files that are either whole or absent: written under another name, synced, then renamed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

PARTIAL = ".partial"


def write_atomically(file: Path, write: Callable[[Path], None]) -> None:
    """Calls `write` with a temporary name beside `file`, then puts the result in its place.

    Where writing fails (a full disk), the temporary file is removed, `file` is as it was, and OSError is
    raised.
    """
    partial = file.with_name(f".{file.name}{PARTIAL}")
    partial.unlink(missing_ok=True)  # of a process that was killed; or a link that leads elsewhere
    try:
        write(partial)
        with open(partial, "rb+") as written:
            os.fsync(written.fileno())
        os.replace(partial, file)
        _sync_folder(file.parent)
    finally:
        partial.unlink(missing_ok=True)


def write_text_atomically(file: Path, text: str) -> None:
    """`write_atomically` for a text."""

    def write(partial: Path) -> None:
        partial.write_text(text, encoding="utf-8")

    write_atomically(file, write)


def remove_partials(folder: Path) -> None:
    """Removes what a killed process left half-written; only where no other process writes in the folder."""
    for partial in folder.glob(f".*{PARTIAL}"):
        partial.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Makes the rename itself survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
