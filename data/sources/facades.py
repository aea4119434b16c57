"""CMP Facades: rectified photographs of house fronts, with 12 classes of their parts.

Tyleček & Šára, "Spatial pattern templates for recognition of objects with regular structure", 2013; the
data set of pix2pix's labels to facades (Isola et al. 2017).
"""

from __future__ import annotations

import re
from pathlib import Path

from data.sources.classes import read_label_set
from data.sources.label_format import StoredIds
from data.sources.pairing import pair, pictures_in, require_folder, stem
from data.sources.reading import read_record
from data.sources.source import Record, SplitAbsent

PARTS = {"base": "cmp_b", "extended": "cmp_x"}
"""The two downloads, and how the names in each begin."""

SPLIT_OF = ("test", "train", "train", "train", "train", "val")
"""The split of a picture, by what its number leaves when divided by 6."""

LABEL_FORMAT = StoredIds.in_order(read_label_set(Path(__file__).with_suffix(".csv")), first=1)


class Facades:
    """One split: ROOT/base/cmp_b0001.jpg with cmp_b0001.png (ids 1-12), and so on, likewise ROOT/extended.

    Either part will do, and gaps in the numbers as well: the data set comes without a split, so a picture's
    number says it. Multiples of 6 are test, those one below are val, the others train; of the 378 and 228
    published pictures that is 404, 101 and 101. (pix2pix drew 400, 100 and 106, and kept other names.)
    Sizes differ. Colours are those of the published label maps.

    Raises ValueError where the root holds neither part, a picture has no partner, or a name is unknown.
    """

    label_set = LABEL_FORMAT.label_set
    has_instances = False
    styles: tuple[str, ...] = ("default",)

    def __init__(self, root: Path, split: str) -> None:
        if split not in SPLIT_OF:
            raise SplitAbsent(f"split={split}: CMP Facades has train, val, test")
        expected = "CMP Facades: base/cmp_b0001.jpg with base/cmp_b0001.png, and extended/cmp_x0001.jpg"
        require_folder(root, expected)
        parts = [part for part in PARTS if (root / part).is_dir()]
        if not parts:
            raise ValueError(f"{root}: it has neither a folder base nor extended; expected {expected}")
        self._pairs = [
            (labels, photo)
            for part in parts
            for labels, photo in _pairs(root / part, PARTS[part], expected)
            if _split(labels) == split
        ]
        if not self._pairs:
            raise SplitAbsent(
                f"{root}: none of its pictures is of split={split}; of every six in a row, the first four "
                "(numbers 1, 2, 3, 4) are train, then comes one of val and one of test"
            )

    def __len__(self) -> int:
        return len(self._pairs)

    def read(self, index: int) -> Record:
        """Reads one facade; raises ValueError naming the file, what is wrong with it and the remedy."""
        labels, photo = self._pairs[index]
        return read_record(labels, photo, None, LABEL_FORMAT)


def _pairs(folder: Path, prefix: str, expected: str) -> list[tuple[Path, Path]]:
    """Label map and photo of every facade in `folder`, in the order of their numbers."""
    labels = pictures_in(folder, expected, endings=(".png",))
    photos = pair(labels, folder, pictures_in(folder, expected, endings=(".jpg",)), folder, "name")
    for name in labels:
        if not re.fullmatch(prefix + r"\d+", stem(name)):
            raise ValueError(f"{folder / name}: names here are {prefix} and a number; move other files away")
    return [(folder / map_, folder / photo) for map_, photo in zip(labels, photos, strict=True)]


def _split(labels: Path) -> str:
    return SPLIT_OF[int(labels.stem[len("cmp_b") :]) % len(SPLIT_OF)]
