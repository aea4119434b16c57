"""Files that are either whole or absent: written under another name, synced, then renamed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

PARTIAL = ".partial"


def write_atomically(file: Path, write: Callable[[Path], object]) -> None:
    """Calls `write` with a temporary name beside `file`, then puts the result in its place.

    Where writing fails (a full disk), the temporary file is removed, `file` is as it was, and OSError is
    raised.
    """
    partial = file.with_name(f".{file.name}{PARTIAL}")
    partial.unlink(missing_ok=True)  # of a process that was killed; or a link that leads elsewhere
    try:
        write(partial)
        _sync(partial)
        os.replace(partial, file)
        _sync(file.parent)  # the rename itself survives a power cut
    finally:
        partial.unlink(missing_ok=True)


def write_text_atomically(file: Path, text: str) -> None:
    """`write_atomically` for a text."""
    write_atomically(file, lambda partial: partial.write_text(text, encoding="utf-8"))


def remove_partials(folder: Path) -> None:
    """Removes what a killed process left half-written; only where no other process writes in the folder."""
    for partial in folder.glob(f".*{PARTIAL}"):
        partial.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
