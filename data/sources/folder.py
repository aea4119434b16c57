"""Users' own pairs: a folder of label maps, one of photos, one of instance maps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data.atomic_write import write_text_atomically
from data.parallel import in_chunks
from data.sources.classes import numbered_label_set, read_label_set, read_remap, remapped_classes
from data.sources.file_source import FileList, FileSource
from data.sources.image_io import read_ids
from data.sources.label_format import LabelFormat, StoredColours, StoredIds
from data.sources.pairing import list_images, pair, require_folder
from data.sources.prepared_cache import cache_lock, prepared_folder
from data.sources.source import LabelSet, SplitAbsent

AUTO = "auto"
"""num_classes=auto: as many as the files hold."""
MAX_IDS = 4096
"""Label maps with more ids do not hold classes, but numbered instances or colours."""


class Folder(FileSource):
    """Label maps with the photos and instance maps of the same names.

    `labels`: folder of label maps, stored in `label_format`; `photos`: folder of photos, or None to
    generate from label maps alone; `instances`: folder of instance maps, or None where there are none;
    `pairing`: "name" (file name without ending) or "sorted" (n-th with n-th, whatever the names).

    Raises ValueError where a folder is missing or empty, or a file has no partner.
    """

    def __init__(
        self,
        labels: Path,
        photos: Path | None,
        instances: Path | None,
        label_format: LabelFormat,
        pairing: str = "name",
    ) -> None:
        names = list_images(labels, "label maps")

        def partners(folder: Path | None, expected: str) -> FileList | None:
            if folder is None:
                return None
            return FileList(folder, pair(names, labels, list_images(folder, expected), folder, pairing))

        files, photo_files = FileList(labels, names), partners(photos, "photos")
        super().__init__(label_format, files, photo_files, partners(instances, "instance maps"))

    @classmethod
    def from_root(cls, root: Path, split: str, label_format: LabelFormat, pairing: str = "name") -> Folder:
        """Opens ROOT/SPLIT/labels and ROOT/SPLIT/photos, and ROOT/SPLIT/instances where it exists."""
        require_folder(root, f"{split}/labels and {split}/photos in it (and {split}/instances, if wanted)")
        split_folder = root / split
        instances = split_folder / "instances"
        return cls(
            split_folder / "labels",
            split_folder / "photos",
            instances if instances.is_dir() else None,
            label_format,
            pairing,
        )


def open_folder(
    root: str | Path,
    split: str,
    num_classes: int | str = AUTO,
    ignore_id: int | None = 255,
    remap: str | None = None,
    unlisted: str = "error",
    palette: str | None = None,
    pairing: str = "name",
) -> Folder:
    """One split, its classes given as the options of dataset=folder give them."""
    if palette is not None:
        label_set = _palette(palette, num_classes, remap)
    else:
        if num_classes == AUTO:
            num_classes, _ = count_classes(root, ignore_id, remap)
        if isinstance(num_classes, str):
            raise ValueError(f"dataset.num_classes={num_classes}: give a number, or auto")
        label_set = numbered_label_set(num_classes, has_unknown=ignore_id is not None)
    stored = label_format(label_set, ignore_id, remap, unlisted, palette)
    return Folder.from_root(Path(root), split, stored, pairing)


def label_format(
    label_set: LabelSet,
    ignore_id: int | None = 255,
    remap: str | None = None,
    unlisted: str = "error",
    palette: str | None = None,
) -> LabelFormat:
    """How users' files store the classes of `label_set`: as ids, by another numbering, or in colours."""
    if palette is not None:
        return StoredColours(label_set)
    if remap is None:
        return StoredIds.in_order(label_set, unknown=ignore_id)
    return StoredIds(label_set, remapped_classes(Path(remap), label_set.known, ignore_id, unlisted))


def count_classes(
    root: str | Path, ignore_id: int | None = 255, remap: str | None = None, palette: str | None = None
) -> tuple[int, str]:
    """The number of classes, unknown not counted, and a text that says what it was read from.

    Raises ValueError where there are no label maps, or one cannot be read.
    """
    if palette is not None:
        return _palette(palette, AUTO, remap).known, f"the colours in {palette}"
    if remap is not None:
        labels = [label for label in read_remap(Path(remap)).values() if label != ignore_id]
        return max(labels, default=-1) + 1, f"to which {remap} leads"
    folders = sorted(folder for folder in Path(root).glob("*/labels") if folder.is_dir())
    if not folders:
        raise SplitAbsent(f"{root}: no such folder; expected train/labels and train/photos in it")
    ids = ids_in_use(Path(root), folders)
    known = [number for number in ids if number != ignore_id]
    if not known:
        raise ValueError(f"{folders[0]}: all pixels are {ignore_id}, unknown; there is no class")
    count = known[-1] + 1
    unused = f" of which {count - len(known)} are never used" if len(known) < count else ""
    unknown = ", and unknown" if ignore_id in ids else ""
    return count, f"ids 0 to {known[-1]}{unused}{unknown}, read from {', '.join(map(str, folders))}"


def ids_in_use(root: Path, folders: Sequence[Path]) -> list[int]:
    """The ids in the label maps of `folders`, which lie in `root`; ascending.

    They are kept in the cache under a key of the files' names, sizes and times.
    Raises ValueError naming the file where one cannot be read, or where there are more than 4096 ids.
    """
    files = [folder / name for folder in folders for name in list_images(folder, "label maps")]
    kept = prepared_folder("ids", root, files, None) / "ids.json"
    with cache_lock(kept.parent):
        if not kept.is_file():
            write_text_atomically(kept, json.dumps(_read_ids(files)))
    return [int(number) for number in json.loads(kept.read_text())]


def found_classes(folder: Path, ignore_id: int | None) -> LabelSet:
    """Numbered classes up to the highest id in a label map of `folder`; unknown where `ignore_id` occurs.

    Raises ValueError as `ids_in_use` does.
    """
    ids = ids_in_use(folder, [folder])
    highest = max((number for number in ids if number != ignore_id), default=0)
    return numbered_label_set(highest + 1, has_unknown=ignore_id in ids)


def _read_ids(files: Sequence[Path]) -> list[int]:
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


def _palette(palette: str, num_classes: int | str, remap: str | None) -> LabelSet:
    """The class list `palette`; ValueError where its colours repeat, or other options contradict it."""
    if remap is not None:
        raise ValueError(
            f"dataset.palette={palette} says what colours mean, dataset.remap={remap} what ids mean; "
            "give one of them"
        )
    label_set = read_label_set(Path(palette))
    colours = label_set.colours
    if len(set(colours)) < len(colours):
        twice = next(colour for colour in colours if colours.count(colour) > 1)
        raise ValueError(f"{palette}: colour {twice} stands for several classes; give each its own")
    if num_classes not in (AUTO, label_set.known):
        raise ValueError(
            f"dataset.num_classes={num_classes}, but {palette} lists {label_set.known} classes beside "
            "unknown; leave num_classes out"
        )
    return label_set
