"""What the statistics of a data set mean for training: what to fix, and what to know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from data.dataset_stats import DatasetStats, duplicates
from data.sources.source import Source
from data.transforms import JointTransform

FAULTS = {
    "unreadable": "cannot be read",
    "out_of_range": "hold label ids that stand for no class",
    "sizes": "consist of files of different sizes",
    "other": "are refused",
}
EXAMPLES = 3
"""Of each fault, those that are named."""

UNUSED_SHOWN = 20
"""Classes that are not in use, of which so many are named."""

SAME_SIZE_TURNS = (2, 3, 4)
"""EXIF orientations that keep the size: a label map does not show whether it was turned."""


class DatasetChecks(NamedTuple):
    """`to_fix`: in the way of training; `notes`: worth knowing."""

    to_fix: list[str]
    notes: list[str]


def check_splits(sources: Mapping[str, Source], stats: Mapping[str, DatasetStats]) -> DatasetChecks:
    """Checks the splits of one data set."""
    checks = DatasetChecks([], [])
    for split, found in stats.items():
        for kind, messages in found.faults.items():
            checks.to_fix.append(_fault(split, kind, messages, found, len(sources[split])))
        checks.notes.extend(_orientations(split, found))
        if found.readable and not found.with_photo:
            checks.to_fix.append(f"{split}: no record has a photo; add the photos")
    _check_duplicates(checks, stats)
    if len({source.label_set.names for source in sources.values()}) > 1:
        checks.to_fix.append("the splits name different classes; make them alike")
    return checks


def check_crop(checks: DatasetChecks, transform: JointTransform, stats: DatasetStats) -> None:
    """Adds training images that are smaller than the crop of `transform`."""
    small = sum(count for (width, height), count in stats.sizes.items() if not transform.fits(height, width))
    if small:
        checks.to_fix.append(
            f"train: {small} pictures are smaller than the crop of {transform.width}×{transform.height} "
            f"after resize={transform.resize}; set dataset.resize=fixed, or smaller dataset.height and width"
        )


def _fault(split: str, kind: str, messages: list[str], stats: DatasetStats, records: int) -> str:
    text = f"{split}: {len(messages)} of {records} records {FAULTS[kind]}"
    if kind == "out_of_range":
        ids = sorted(stats.outside.items())
        named = [f"{number} (in {files} file{'s' * (files != 1)})" for number, files in ids[:10]]
        text += f": ids {', '.join(named)}{', …' if len(ids) > 10 else ''}"
    return f"{text}. {'First: ' if len(messages) > 1 else ''}{_some(messages)}"


def _orientations(split: str, stats: DatasetStats) -> list[str]:
    """A note on photos that are not stored upright, where there are any."""
    turns = Counter[int]()
    for file, count in stats.files.items():
        if file.kind == "photo" and file.orientation != 1:
            turns[file.orientation] += count
    if not turns:
        return []
    text = f"{split}: {turns.total()} photos carry an EXIF orientation and are turned upright"
    if unclear := sum(turns[turn] for turn in SAME_SIZE_TURNS):
        text += (
            f"; for {unclear} of them the label map is taken to be drawn on the upright photo, "
            "since its size does not tell: look at them"
        )
    return [text]


def _check_duplicates(checks: DatasetChecks, stats: Mapping[str, DatasetStats]) -> None:
    """Photos that occur more than once."""
    pairs = duplicates(stats)
    across = [" = ".join(map("/".join, pair)) for pair in pairs if pair[0][0] != pair[1][0]]
    within = [" = ".join(map("/".join, pair)) for pair in pairs if pair[0][0] == pair[1][0]]
    if across:
        checks.to_fix.append(
            f"{len(across)} photos lie in two splits, which flatters every metric: {_some(across)}; "
            "take them out of one"
        )
    if within:
        checks.notes.append(f"{len(within)} photos come twice in a split: {_some(within)}")


def _some(texts: Sequence[str]) -> str:
    return "; ".join(texts[:EXAMPLES]) + (" …" if len(texts) > EXAMPLES else "")


def class_rows(source: Source, stats: Mapping[str, DatasetStats]) -> list[tuple[int, str, float, float]]:
    """Of each class over all splits: id, name, its fraction of the pixels and of the records."""
    pixels = np.sum([found.pixels for found in stats.values()], axis=0)  # (K,)
    records_with = np.sum([found.records_with for found in stats.values()], axis=0)  # (K,)
    records = max(sum(found.readable for found in stats.values()), 1)
    pixel_fractions, record_fractions = pixels / max(pixels.sum(), 1), records_with / records
    return [
        (label, name, float(pixel_fractions[label]), float(record_fractions[label]))
        for label, name in enumerate(source.label_set.names)
    ]


def split_text(split: str, source: Source, stats: DatasetStats) -> str:
    """A split in a few lines: pairs, sizes, modes of the files, styles."""
    failed = sum(map(len, stats.faults.values()))
    readable = f", {failed} of them cannot be used" if failed else ""
    lines = [f"{split}: {len(source)} pairs{readable}; {_sizes(stats)}"]
    kinds = {"photos": _modes(stats, "photo"), "maps of ids": _modes(stats, "ids")}
    modes = [f"{kind} {mode}" for kind, mode in kinds.items() if mode]
    if modes:
        lines.append(f"  modes: {'; '.join(modes)}{'; with instance maps' if source.has_instances else ''}")
    if len(source.styles) > 1:
        lines.append(f"  styles: {', '.join(source.styles)}")
    return "\n".join(lines)


def classes_text(classes: list[tuple[int, str, float, float]]) -> str:
    """The rows of `class_rows`: classes in use with their fractions, and those that are not."""
    used = [row for row in classes if row[3] > 0]
    unused = [name for _, name, _, records in classes if records == 0]
    lines = [f"{len(used)} of {len(classes)} classes in use: fraction of the pixels, of the records"]
    width = max((len(name) for _, name, _, _ in used), default=0)
    lines += [
        f"  {id_:4d} {name:<{width}} {pixels:8.3%} {records:7.1%}" for id_, name, pixels, records in used
    ]
    if unused:
        more = f", … ({len(unused)} in all)" if len(unused) > UNUSED_SHOWN else ""
        lines.append(f"not in use: {', '.join(unused[:UNUSED_SHOWN])}{more}")
    return "\n".join(lines)


def _sizes(stats: DatasetStats) -> str:
    """ "256×192", or how many sizes there are and between which they lie."""
    if not stats.sizes:
        return "no sizes"
    widths, heights = zip(*stats.sizes)
    if len(stats.sizes) == 1:
        return f"{widths[0]}×{heights[0]}"
    across, down = f"{min(widths)} to {max(widths)} wide", f"{min(heights)} to {max(heights)} high"
    return f"{len(stats.sizes)} sizes, {across} and {down}"


def _modes(stats: DatasetStats, kind: str) -> str:
    """ "RGB", or each mode with its files where there are several; "" where no file was read as `kind`."""
    modes = Counter[str]()
    for file, count in stats.files.items():
        modes.update({file.mode: count} if file.kind == kind else {})
    if len(modes) == 1:
        return next(iter(modes))
    return ", ".join(f"{mode} ({count})" for mode, count in sorted(modes.items()))
