"""How many classes label maps hold, where nobody says."""

from __future__ import annotations

from pathlib import Path

from data.sources.classes import numbered_label_set
from data.sources.image_io import read_ids
from data.sources.pairing import pictures_in
from data.sources.source import LabelSet


def found_classes(folder: Path, ignore_id: int | None) -> LabelSet:
    """Numbered classes up to the highest id in a label map of `folder`; unknown where `ignore_id` occurs.

    Reads every file once. Raises ValueError, naming the file, where one is unreadable or holds no ids.
    """
    highest, unknown = 0, False
    for name in pictures_in(folder, "label maps"):
        ids = read_ids(folder / name)  # (H, W)
        known = ids if ignore_id is None else ids[ids != ignore_id]
        unknown |= known.size < ids.size
        highest = max(highest, int(known.max(initial=0)))
    return numbered_label_set(highest + 1, has_unknown=unknown)
