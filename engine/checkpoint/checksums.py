"""The manifest of a checkpoint: size and SHA-256 of each of its files, so that damage is noticed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from data.atomic_write import write_text_atomically


class Damaged(ValueError):
    """A file that is not what was written; the message names it."""


def write_manifest(manifest: Path, files: list[Path]) -> None:
    """Writes size and SHA-256 of `files`, which lie beside it."""
    rows = {file.name: {"bytes": file.stat().st_size, "sha256": _sha256(file)} for file in files}
    write_text_atomically(manifest, json.dumps({"files": rows}, indent=1) + "\n")


def check_file(file: Path, manifest: Path) -> None:
    """Raises Damaged where `file` is absent or differs from its row in `manifest`.

    Checkpoints of format 1 and imported releases have no manifest: then only presence is checked.
    """
    if not file.is_file():  # a pipe or a device, which would never end, is none
        raise Damaged(f"{file} is absent; the run has no such checkpoint")
    if not manifest.is_file():
        return
    try:
        row = json.loads(manifest.read_bytes())["files"][file.name]
        size, digest = int(row["bytes"]), str(row["sha256"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Damaged(f"{manifest} is damaged ({type(error).__name__}: {error})") from error
    found = file.stat().st_size
    if found != size:
        raise Damaged(f"{file} is damaged: it has {found:,} bytes where {size:,} were written")
    if _sha256(file) != digest:
        raise Damaged(f"{file} is damaged: its bytes are not those that were written (SHA-256 differs)")


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
