"""Maps a segmenter's classes to the data set's: by name, by id, or by a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from data.sources.classes import numbered_label_set, read_remap
from data.sources.folder import found_classes
from data.sources.source import LabelSet
from evaluation.segmenters.segmenter import OTHER
from evaluation.segmenters.trained import is_trained_here, read_description

COLUMNS = ("segmenter,dataset",)


def classes_by_name(names: Sequence[str], label_set: LabelSet) -> Tensor:
    """For each of the segmenter's classes the data set's id of that name, or `OTHER`: (M,) int64.

    Names are compared without regard to case, and by any of several that a comma separates ("road, route").
    Raises ValueError where a known class of the data set has no partner, or two.
    """
    partners = torch.full((len(names),), OTHER)
    synonyms = [[word.strip() for word in name.lower().split(",")] for name in names]
    for label, wanted in enumerate(label_set.names):
        found = [index for index, words in enumerate(synonyms) if wanted.lower() in words]
        if len(found) > 1 or (not found and label != label_set.unknown):
            what = "no class" if not found else "several classes"
            listed = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
            raise ValueError(
                f"the segmenter has {what} called {wanted!r} among {listed}; map them with"
                " segmenter.classes=FILE.csv, of columns segmenter,dataset (ids), or"
                " segmenter.classes=ids where both number their classes alike"
            )
        partners[found] = label
    return partners


def classes_by_id(count: int, label_set: LabelSet) -> Tensor:
    """The same ids on both sides, (M,) int64; the segmenter may lack the unknown class.

    Raises ValueError where the numbers of classes differ.
    """
    if count not in (label_set.known, len(label_set)):
        raise ValueError(
            f"the segmenter has {count} classes and the label maps {label_set.known}"
            f"{' and unknown' if label_set.has_unknown else ''}: segmenter.classes=ids needs equal numbers;"
            " map them with segmenter.classes=FILE.csv"
        )
    return torch.arange(count)


def classes_of_file(file: Path, count: int, label_set: LabelSet) -> Tensor:
    """From a CSV file with the columns segmenter,dataset of ids, (M,) int64; several may become one class.

    Classes of the segmenter that it does not list are `OTHER`. Raises ValueError with the file where a row is
    wrong.
    """
    partners = torch.full((count,), OTHER)
    for own, label in read_remap(file, COLUMNS).items():
        if own >= count or label >= len(label_set):
            raise ValueError(
                f"{file}: {own},{label} is out of range; give the segmenter's id, 0 to {count - 1}, and the"
                f" data set's, 0 to {len(label_set) - 1}"
            )
        partners[own] = label
    return partners


def folder_classes(
    labels: Path, num_classes: int | None, ignore_id: int | None, segmenter: str | None
) -> LabelSet:
    """The classes of a folder's label maps: the segmenter's where it was trained here, else numbered ones.

    `num_classes`: None for as many as the label maps hold; `ignore_id`: the stored id that becomes the
    unknown class, None where there is none; `segmenter`: its folder, file or name. Raises ValueError where
    these disagree.
    """
    if segmenter is None or not is_trained_here(Path(segmenter)):
        if num_classes is None:
            return found_classes(labels, ignore_id)
        return numbered_label_set(num_classes, ignore_id is not None)
    known = read_description(Path(segmenter))
    count = len(known.names) - known.has_unknown
    if known.has_unknown and ignore_id is None:
        raise ValueError(f"pairs.ignore_id=null, but segmenter {segmenter} has an unknown class; give its id")
    if num_classes not in (None, count):
        raise ValueError(
            f"pairs.num_classes={num_classes}, but segmenter {segmenter} knows {count} classes"
            f" ({', '.join(known.names)}); do not set pairs.num_classes"
        )
    return replace(numbered_label_set(count, known.has_unknown), names=known.names)


def map_classes(how: str, label_set: LabelSet, names: Sequence[str] | None, count: int) -> Tensor:
    """The data set's ids, (M,), of a segmenter's `count` classes, by `how`: "names", "ids" or a CSV file.

    `names`: of the segmenter's classes, None where it has none.
    """
    if how == "ids":
        return classes_by_id(count, label_set)
    if how != "names":
        return classes_of_file(Path(how), count, label_set)
    if names is None:
        raise ValueError(
            "this segmenter has no names of its classes; set segmenter.classes=ids where both number them"
            " alike, or segmenter.classes=FILE.csv"
        )
    return classes_by_name(names, label_set)
