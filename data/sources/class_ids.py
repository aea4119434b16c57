"""Which ids label maps hold, read off all of them: once, by processes, and kept in the cache."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from data.parallel import in_processes
from data.sources.image_io import read_ids
from data.sources.pairing import pictures_in
from data.sources.prepared_cache import alone, prepared_folder

MOST_IDS = 4096
"""More are no classes: instances have been numbered, or colours."""

CHUNK = 32
"""Files that a process reads before it reports."""


def ids_in_use(root: Path, folders: Sequence[Path], cache: Path | None = None) -> list[int]:
    """The ids that the label maps in `folders`, below `root`, hold; ascending.

    What was found is kept in `cache` (or the default one) under a key of the files' names, sizes and times.
    Raises ValueError naming the file where one cannot be read, or where there are more than 4096 ids.
    """
    files = [folder / name for folder in folders for name in pictures_in(folder, "label maps")]
    kept = prepared_folder("ids", root, files, cache) / "ids.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    with alone(kept.parent):
        if not kept.is_file():
            partial = kept.with_name(f".{kept.name}.partial")
            partial.write_text(json.dumps(_read(files)))
            os.replace(partial, kept)
    return [int(number) for number in json.loads(kept.read_text())]


def _read(files: Sequence[Path]) -> list[int]:
    found: set[int] = set()
    chunks = [files[first : first + CHUNK] for first in range(0, len(files), CHUNK)]
    with tqdm(total=len(files), desc="ids in use", unit="file", dynamic_ncols=True, leave=False) as bar:
        for chunk, ids in zip(chunks, in_processes(_ids_of, chunks), strict=True):
            found |= ids
            if len(found) > MOST_IDS:
                raise ValueError(
                    f"{chunk[-1]} and the files before it hold {len(found)} ids, more than {MOST_IDS}: they "
                    "number something other than classes; give the folder of the label maps"
                )
            bar.update(len(chunk))
    return sorted(found)


def _ids_of(files: Sequence[Path]) -> set[int]:
    return {int(number) for file in files for number in np.unique(read_ids(file))}
