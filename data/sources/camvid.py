"""CamVid: street scenes filmed from a car, in the arrangement of the SegNet authors.

Brostow et al., "Semantic object classes in video: a high-definition ground truth database", 2009;
Badrinarayanan et al., "SegNet", 2015, for the 11 classes and the split.
"""

from __future__ import annotations

from pathlib import Path

from data.sources.classes import read_label_set
from data.sources.label_format import StoredIds
from data.sources.pairing import pair, pictures_in, require_folder, stem
from data.sources.reading import read_record
from data.sources.source import Record

SPLITS = ("train", "val", "test")
FILMS = ("0001TP", "0006R0", "0016E5", "Seq05VD")  # those of every split, so that style ids agree
LABEL_FORMAT = StoredIds.in_order(read_label_set(Path(__file__).with_suffix(".csv")), unknown=11)


class CamVid:
    """One split: ROOT/train/NAME.png with ROOT/trainannot/NAME.png; likewise val and test.

    11 classes and unknown (void). The style is the film, the first part of NAME: 0001TP is filmed at
    dusk, the others by day.

    Raises ValueError where the root or a folder is missing, a frame has no partner, or a film is unknown.
    """

    label_set = LABEL_FORMAT.label_set
    has_instances = False
    styles: tuple[str, ...] = FILMS

    def __init__(self, root: Path, split: str) -> None:
        if split not in SPLITS:
            raise ValueError(f"split={split}: CamVid has {', '.join(SPLITS)}")
        expected = f"CamVid as SegNet arranges it: {split}/NAME.png with {split}annot/NAME.png"
        require_folder(root, expected)
        self._photos, self._labels = root / split, root / f"{split}annot"
        self._names = pictures_in(self._labels, expected)
        self._partners = pair(
            self._names, self._labels, pictures_in(self._photos, expected), self._photos, "name"
        )
        for name in self._names:
            if _film(name) not in FILMS:
                raise ValueError(
                    f"{self._labels / name}: film {_film(name)!r} is not one of {', '.join(FILMS)}; "
                    "names begin with their film and an underscore"
                )

    def __len__(self) -> int:
        return len(self._names)

    def read(self, index: int) -> Record:
        """Reads one frame; raises ValueError naming the file, what is wrong with it and the remedy."""
        name = self._names[index]
        return read_record(
            self._labels / name,
            self._photos / self._partners[index],
            None,
            LABEL_FORMAT,
            style_id=FILMS.index(_film(name)),
        )


def _film(name: str) -> str:
    return stem(name).split("_")[0]
