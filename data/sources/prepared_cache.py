"""Files made once from a data set (merged masks, instance maps), kept in a cache outside of it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np
from filelock import FileLock
from PIL import Image
from tqdm import tqdm

from data.atomic_write import write_atomically
from data.parallel import in_processes


def default_cache() -> Path:
    """Where prepared files go unless a folder is named: XDG_CACHE_HOME, or ~/.cache, as other programs do."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "label-map-synthesis"


def prepared_folder(recipe: str, root: Path, made_from: Iterable[Path], cache: str | Path | None) -> Path:
    """The folder, in `cache` or the default one, for what `recipe` makes of the data set at `root`.

    Another root has another folder; so have other `made_from` (files and folders, told apart by their time
    and size) and another recipe: what is found in it was made of these and no others. Raises ValueError
    where the cache would lie inside the data set, or something of `made_from` is absent.
    """
    root, cache = root.resolve(), Path(cache or default_cache()).expanduser().resolve()
    if cache.is_relative_to(root):
        raise ValueError(
            f"dataset.cache={cache} lies inside the data set {root}, which is left as it is; "
            "name a folder elsewhere"
        )
    key = hashlib.sha256(f"{recipe}\0{root}".encode(errors="surrogateescape"))
    for source in made_from:
        try:
            status = source.stat()
        except OSError as cause:
            raise ValueError(f"{source}: {cause.strerror}; unpack the data set again") from cause
        size = 0 if source.is_dir() else status.st_size
        key.update(f"\0{source.name}\0{status.st_mtime_ns}\0{size}".encode(errors="surrogateescape"))
    return cache / f"{recipe}-{key.hexdigest()[:16]}"


def cache_lock(folder: Path) -> FileLock:
    """Lets one process at a time write in `folder`, which is made; a killed process leaves no lock behind."""
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / ".lock")


def prepare(
    folder: Path, stems: list[str], begin: Callable[[], Callable[[str], np.ndarray]], what: str
) -> None:
    """Makes FOLDER/STEM.png for each of `stems` that has none yet: in parallel, behind a progress bar.

    `begin` is called where some are missing, and returns what makes a stem's ids, uint8 or uint16 (H, W).
    Files appear whole, under their names, or not at all; after an interruption what is there is kept.
    Processes that need the same files wait for the one that makes them.

    Raises what `begin` and what it returns raise; OSError where the folder cannot be written.
    """
    if not _missing(folder, stems):
        return
    with cache_lock(folder):
        missing = _missing(folder, stems)
        made = in_processes(partial(_make_file, folder, begin()), missing) if missing else ()
        for _ in tqdm(made, f"{what}, once, into {folder}", len(missing), dynamic_ncols=True, leave=False):
            pass


def _make_file(folder: Path, make: Callable[[str], np.ndarray], stem: str) -> None:
    image = Image.fromarray(make(stem))
    write_atomically(folder / f"{stem}.png", partial(image.save, format="PNG"))


def _missing(folder: Path, stems: list[str]) -> list[str]:
    present = set(os.listdir(folder)) if folder.is_dir() else set()
    return [stem for stem in stems if f"{stem}.png" not in present]
