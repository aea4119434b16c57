"""CelebAMask-HQ: 30,000 faces with 19 classes of their parts.

Lee et al., "MaskGAN: Towards diverse and interactive facial image manipulation", 2020; the data set of SEAN.
Left and right are the person's own.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from data.sources.classes import read_label_set
from data.sources.file_source import FileList, FileSource, require_same_names
from data.sources.image_io import read_photo
from data.sources.label_format import StoredIds
from data.sources.pairing import list_images, read_text, require_folder, require_split, stem, unpacked
from data.sources.prepared_cache import prepare, prepared_folder
from data.sources.source import SplitAbsent

PHOTOS, MASKS, MAPPING = "CelebA-HQ-img", "CelebAMask-HQ-mask-anno", "CelebA-HQ-to-CelebA-mapping.txt"
FACES_PER_FOLDER = 2000  # of masks
RECIPE = "celebamask-hq-labels-1"  # counted up when masks are merged in another way

FIRST_OF = {"test": 182638, "val": 162771, "train": 1}
"""CelebA's split: the first picture of each, by the number in its name there."""

LABEL_FORMAT = StoredIds.in_order(read_label_set(Path(__file__).with_suffix(".csv")))


def open_celebamask_hq(root: str | Path, split: str, cache: str | Path | None = None) -> FileSource:
    """One split, in the arrangement that `root` has.

    The publisher's (ROOT is CelebAMask-HQ, or the folder it lies in): ROOT/CelebA-HQ-img/0.jpg and
    ROOT/CelebAMask-HQ-mask-anno/0/00000_skin.png and so on, of which label maps are merged once, into
    `cache`; a face belongs to the split of the CelebA picture that CelebA-HQ-to-CelebA-mapping.txt names
    for it: train, val, test (24,183, 2,993 and 2,824 faces).
    SEAN's: ROOT/train/images/NAME.jpg with ROOT/train/labels/NAME.png; likewise test.

    Classes: 0 background, then the parts in the publisher's order. Photos are larger than the masks: label
    maps are enlarged. Raises ValueError where the root has neither, a file is missing or a face has no
    partner.
    """
    expected = (
        f"CelebAMask-HQ as published, {PHOTOS}, {MASKS} and {MAPPING}, "
        "or as SEAN arranges it, train/images and train/labels, test/images and test/labels"
    )
    root = unpacked(require_folder(root, expected), "CelebAMask-HQ")
    if (root / PHOTOS).is_dir() or (root / MASKS).is_dir():
        return _published(root, split, cache, expected)
    require_split(split, ("train", "test"), "CelebAMask-HQ as SEAN arranges it has")
    images = list_images(root / split / "images", expected)
    labels = FileList.find(root / split / "labels", ".png", expected)
    photos = FileList.find(root / split / "images", images[0][len(stem(images[0])) :], expected)
    require_same_names(labels, photos)
    return FileSource(LABEL_FORMAT, labels, photos, enlarge=True)


def _published(root: Path, split: str, cache: str | Path | None, expected: str) -> FileSource:
    require_split(split, ("train", "val", "test"), "CelebAMask-HQ has")
    masks = require_folder(root / MASKS, expected)
    split_of = _splits(root / MAPPING)
    photos = FileList.find(root / PHOTOS, ".jpg", expected)
    present = photos.names
    strange = [face for face in present if face not in split_of]
    if strange:
        raise ValueError(
            f"{photos.only(strange)[0]}: {root / MAPPING} says nothing of {len(strange)} of the photos; "
            "names are 0.jpg to 29999.jpg; unpack the archive again"
        )
    stems = sorted((face for face in present if split_of[face] == split), key=int)
    if not stems:
        raise SplitAbsent(f"{photos.folder}: none of its {len(present)} faces is of split={split}")
    folder = prepared_folder(RECIPE, root, [masks, *sorted(masks.iterdir())], cache)
    merge = partial(merge_masks, masks, LABEL_FORMAT.label_set.names[1:])
    prepare(folder, stems, lambda: merge, "label maps")
    return FileSource(LABEL_FORMAT, FileList(folder, stems, ".png"), photos.only(stems), enlarge=True)


def merge_masks(masks: Path, parts: tuple[str, ...], face: str) -> np.ndarray:
    """Label map of a face, uint8 (H, W), from MASKS/0/00000_PART.png and so on, one for each part it has.

    Part k, counted from 1, is where its mask is not black; 0 elsewhere. Where masks overlap the later part is
    seen, as in the publisher's own script. Raises ValueError, naming the file, where a mask cannot be read,
    masks differ in size, or there is none.
    """
    folder = masks / str(int(face) // FACES_PER_FOLDER)
    labels: np.ndarray | None = None
    for label, part in enumerate(parts, start=1):
        file = folder / f"{int(face):05d}_{part}.png"
        if not file.exists():
            continue
        inside = np.asarray(read_photo(file)).any(axis=-1)  # (H, W)
        if labels is None:
            labels = np.zeros(inside.shape, dtype=np.uint8)
        if labels.shape != inside.shape:
            raise ValueError(
                f"{file} is {inside.shape[1]}×{inside.shape[0]} (width×height), other masks of this face are "
                f"{labels.shape[1]}×{labels.shape[0]}; unpack the archive again"
            )
        labels[inside] = label
    if labels is None:
        raise ValueError(
            f"{folder}/{int(face):05d}_skin.png and masks of other parts: there is none for face {face}; "
            "unpack the archive again, or remove its photo"
        )
    return labels


def _splits(file: Path) -> dict[str, str]:
    """The split of each face, by its number: lines such as "0  119613  119614.jpg" below a heading."""
    rows = map(str.split, read_text(file, "the publisher's mapping").splitlines())
    try:
        numbers = {row[0]: int(stem(row[2])) for row in rows if row and row[0] != "idx"}
    except (ValueError, IndexError) as cause:
        raise ValueError(
            f'{file}: lines are "idx orig_idx orig_file" and then "0 119613 119614.jpg" ({cause}); '
            "take it from the publisher's archive"
        ) from cause
    return {
        face: next(split for split, first in FIRST_OF.items() if number >= first)
        for face, number in numbers.items()
    }
