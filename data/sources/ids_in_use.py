"""Which ids label maps hold: read once, by several processes, and kept in the cache."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data.atomic_write import write_text_atomically
from data.parallel import in_chunks
from data.sources.classes import numbered_label_set
from data.sources.image_io import read_ids
from data.sources.pairing import list_images
from data.sources.prepared_cache import cache_lock, prepared_folder
from data.sources.source import LabelSet

MAX_IDS = 4096
"""Label maps with more ids do not hold classes, but numbered instances or colours."""


def ids_in_use(root: Path, folders: Sequence[Path]) -> list[int]:
    """The ids in the label maps of `folders`, which lie in `root`; ascending.

    They are kept in the cache under a key of the files' names, sizes and times.
    Raises ValueError naming the file where one cannot be read, or where there are more than 4096 ids.
    """
    files = [folder / name for folder in folders for name in list_images(folder, "label maps")]
    kept = prepared_folder("ids", root, files, None) / "ids.json"
    with cache_lock(kept.parent):
        if not kept.is_file():
            write_text_atomically(kept, json.dumps(_read(files)))
    return [int(number) for number in json.loads(kept.read_text())]


def found_classes(folder: Path, ignore_id: int | None) -> LabelSet:
    """Numbered classes up to the highest id in a label map of `folder`; unknown where `ignore_id` occurs.

    Raises ValueError as `ids_in_use` does.
    """
    ids = ids_in_use(folder, [folder])
    highest = max((number for number in ids if number != ignore_id), default=0)
    return numbered_label_set(highest + 1, has_unknown=ignore_id in ids)


def _read(files: Sequence[Path]) -> list[int]:
    found: set[int] = set()
    for chunk, ids in in_chunks(_ids_of, files, "ids in use", "file"):
        found |= ids
        if len(found) > MAX_IDS:
            raise ValueError(
                f"{chunk[-1]} and the files before it hold {len(found)} ids, more than {MAX_IDS}: they "
                "number something other than classes; give the folder of the label maps"
            )
    return sorted(found)


def _ids_of(files: Sequence[Path]) -> set[int]:
    return {int(number) for file in files for number in np.unique(read_ids(file))}
