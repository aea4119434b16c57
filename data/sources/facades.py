"""CMP Facades: rectified photographs of house fronts, with 12 classes of their parts.

Tyleček & Šára, "Spatial pattern templates for recognition of objects with regular structure", 2013; the
data set of pix2pix's labels to facades (Isola et al. 2017).
"""

from __future__ import annotations

import re
from pathlib import Path

from data.sources.classes import read_label_set
from data.sources.file_source import FileList, FileSource, require_same_names
from data.sources.label_format import StoredIds
from data.sources.pairing import require_folder, require_split
from data.sources.source import SplitAbsent

PARTS = {"base": "cmp_b", "extended": "cmp_x"}
"""The two downloads, and how the names in each begin."""

SPLIT_OF = ("test", "train", "train", "train", "train", "val")
"""The split of a picture, by what its number leaves when divided by 6."""

LABEL_FORMAT = StoredIds.in_order(read_label_set(Path(__file__).with_suffix(".csv")), first=1)


def open_facades(root: str | Path, split: str) -> FileSource:
    """One split: ROOT/base/cmp_b0001.jpg with cmp_b0001.png (ids 1-12), and so on, likewise ROOT/extended.

    Either part will do, and gaps in the numbers as well: the data set comes without a split, so a picture's
    number gives it. Multiples of 6 are test, those one below are val, the others train; of the 378 and 228
    published pictures that is 404, 101 and 101. (pix2pix drew 400, 100 and 106, and kept other names.)
    Sizes differ. Colours are those of the published label maps.

    Raises ValueError where the root holds neither part, a picture has no partner, or a name is unknown.
    """
    require_split(split, ("train", "val", "test"), "CMP Facades has")
    expected = "CMP Facades: base/cmp_b0001.jpg with base/cmp_b0001.png, and extended/cmp_x0001.jpg"
    root = require_folder(root, expected)
    parts = [part for part in PARTS if (root / part).is_dir()]
    if not parts:
        raise ValueError(f"{root}: it has neither a folder base nor extended; expected {expected}")
    stems = [
        f"{part}/{name}"
        for part in parts
        for name in _names(root / part, PARTS[part], expected)
        if SPLIT_OF[int(name[len(PARTS[part]) :]) % len(SPLIT_OF)] == split
    ]
    if not stems:
        raise SplitAbsent(
            f"{root}: none of its pictures is of split={split}; of every six in a row, the first four "
            "(numbers 1, 2, 3, 4) are train, then comes one of val and one of test"
        )
    return FileSource(LABEL_FORMAT, FileList(root, stems, ".png"), FileList(root, stems, ".jpg"))


def _names(folder: Path, prefix: str, expected: str) -> list[str]:
    """The names of the facades in `folder`, in the order of their numbers."""
    labels = FileList.find(folder, ".png", expected)
    require_same_names(labels, FileList.find(folder, ".jpg", expected))
    for name in labels.names:
        if not re.fullmatch(prefix + r"\d+", name):
            raise ValueError(f"{folder / name}.png: names here are {prefix} and a number; move it away")
    return labels.names
