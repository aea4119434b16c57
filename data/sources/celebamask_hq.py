"""CelebAMask-HQ: 30,000 faces with 19 classes of their parts.

Lee et al., "MaskGAN: Towards diverse and interactive facial image manipulation", 2020; the data set of SEAN.
Left and right are the person's own.
"""

from __future__ import annotations

from pathlib import Path

from data.sources.classes import read_label_set
from data.sources.face_masks import faces, merge_masks
from data.sources.label_format import StoredIds
from data.sources.pairing import pictures_in, require_folder, stem, unpacked
from data.sources.prepared_cache import prepare, prepared_folder
from data.sources.source import SplitAbsent
from data.sources.stem_files import Place, StemSource, same_stems

PHOTOS, MASKS, MAPPING = "CelebA-HQ-img", "CelebAMask-HQ-mask-anno", "CelebA-HQ-to-CelebA-mapping.txt"
RECIPE = "celebamask-hq-labels-1"  # counted up when masks are merged in another way

FIRST_OF = {"test": 182638, "val": 162771, "train": 1}
"""CelebA's split: the first picture of each, by the number in its name there."""

LABEL_FORMAT = StoredIds.in_order(read_label_set(Path(__file__).with_suffix(".csv")))


def open_celebamask_hq(root: Path, split: str, cache: Path | None = None) -> StemSource:
    """One split, in whichever arrangement `root` has it.

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
    if split not in ("train", "test"):
        raise SplitAbsent(f"split={split}: CelebAMask-HQ as SEAN arranges it has train, test")
    labels = Place(root / split / "labels", ".png")
    pictures = pictures_in(root / split / "images", expected)
    photos = Place(root / split / "images", pictures[0][len(stem(pictures[0])) :])
    stems = same_stems(labels, labels.stems(expected), [(photos, photos.stems(expected))])
    return StemSource(stems, LABEL_FORMAT, labels, photos, enlarge=True)


def _published(root: Path, split: str, cache: Path | None, expected: str) -> StemSource:
    if split not in FIRST_OF:
        raise SplitAbsent(f"split={split}: CelebAMask-HQ has train, val, test")
    photos, masks = Place(root / PHOTOS, ".jpg"), require_folder(root / MASKS, expected)
    split_of = _splits(root / MAPPING)
    present = photos.stems(expected)
    strange = [face for face in present if face not in split_of]
    if strange:
        raise ValueError(
            f"{photos.file(strange[0])}: {root / MAPPING} says nothing of {len(strange)} of the photos; "
            "names are 0.jpg to 29999.jpg; unpack the archive again"
        )
    stems = sorted((face for face in present if split_of[face] == split), key=int)
    if not stems:
        raise SplitAbsent(f"{photos.folder}: none of its {len(present)} faces is of split={split}")
    folder = prepared_folder(RECIPE, root, [masks, *sorted(masks.iterdir())], cache)
    parts = LABEL_FORMAT.label_set.names[1:]
    prepare(folder, stems, lambda missing: faces(masks, parts, missing), merge_masks, "label maps")
    return StemSource(stems, LABEL_FORMAT, Place(folder, ".png"), photos, enlarge=True)


def _splits(file: Path) -> dict[str, str]:
    """The split of each face, by its number: lines such as "0  119613  119614.jpg" below a heading."""
    try:
        rows = [line.split() for line in file.read_text(encoding="utf-8").splitlines()]
        numbers = {row[0]: int(stem(row[2])) for row in rows if row and row[0] != "idx"}
    except OSError as cause:
        raise ValueError(f"{file}: {cause.strerror}; take it from the publisher's archive") from cause
    except (ValueError, IndexError) as cause:
        raise ValueError(
            f'{file}: lines are "idx orig_idx orig_file" and then "0 119613 119614.jpg" ({cause}); '
            "take it from the publisher's archive"
        ) from cause
    return {
        face: next(split for split, first in FIRST_OF.items() if number >= first)
        for face, number in numbers.items()
    }
