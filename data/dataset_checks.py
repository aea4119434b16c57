"""What a survey means for a person who wants to train: what to mend, and what to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from data.dataset_stats import EXAMPLES, Fault, Survey, duplicates
from data.sources.source import Source

FAULTS = {
    "unreadable": "cannot be read",
    "out_of_range": "hold label ids that stand for no class",
    "sizes": "consist of files of different sizes",
    "other": "are refused",
}
SAME_SIZE_TURNS = (2, 3, 4)
"""EXIF orientations that leave the size as it is: a label map does not show whether it was turned."""


@dataclass
class Findings:
    """`to_mend`: in the way of training; `notes`: worth knowing."""

    to_mend: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def findings_of(sources: Mapping[str, Source], surveys: Mapping[str, Survey]) -> Findings:
    """What is to be said of the splits of one data set."""
    found = Findings()
    for split, survey in surveys.items():
        for kind, fault in survey.faults.items():
            found.to_mend.append(_fault(split, kind, fault, survey, len(sources[split])))
        turned = sum(survey.orientations.values())
        if turned:
            found.notes.append(_turned(split, survey, turned))
        if survey.readable and not survey.with_photo:
            found.to_mend.append(f"{split}: no record has a photo; add the photos")
    _compare(found, sources, surveys)
    if len({source.label_set.names for source in sources.values()}) > 1:
        found.to_mend.append("the splits name different classes; make them alike")
    return found


def _fault(split: str, kind: str, fault: Fault, survey: Survey, records: int) -> str:
    said = f"{split}: {fault.count} of {records} records {FAULTS[kind]}"
    if kind == "out_of_range":
        ids = sorted(survey.outside.items())
        named = [f"{number} (in {files} {_files(files)})" for number, files in ids[:10]]
        said += f": ids {', '.join(named)}{', …' if len(ids) > 10 else ''}"
    first = "; ".join(fault.examples)
    more = " …" if fault.count > len(fault.examples) else ""
    return f"{said}. {'First: ' if fault.count > 1 else ''}{first}{more}"


def _files(count: int) -> str:
    return "file" if count == 1 else "files"


def _turned(split: str, survey: Survey, turned: int) -> str:
    said = f"{split}: {turned} photos carry an EXIF orientation and are turned upright"
    unclear = sum(survey.orientations[turn] for turn in SAME_SIZE_TURNS)
    if unclear:
        said += (
            f"; for {unclear} of them the label map is taken to be drawn on the upright photo, "
            "since its size does not tell: look at them"
        )
    return said


def _compare(found: Findings, sources: Mapping[str, Source], surveys: Mapping[str, Survey]) -> None:
    """Photos that come more than once."""
    splits = list(surveys)
    across: list[str] = []
    within: list[str] = []
    for (first, one), (second, other) in duplicates(list(surveys.values())):
        kind = within if first == second else across
        kind.append(
            "" if len(kind) >= EXAMPLES else _pair(sources, splits[first], one, splits[second], other)
        )
    if across:
        found.to_mend.append(
            f"{len(across)} photos lie in two splits, which flatters every figure: {_listed(across)}; "
            "take them out of one"
        )
    if within:
        found.notes.append(f"{len(within)} photos come twice in a split: {_listed(within)}")


def _pair(sources: Mapping[str, Source], first: str, one: int, second: str, other: int) -> str:
    return f"{first}/{sources[first].read(one).name} = {second}/{sources[second].read(other).name}"


def _listed(pairs: list[str]) -> str:
    return ", ".join(pairs[:EXAMPLES]) + (", …" if len(pairs) > EXAMPLES else "")


def class_rows(source: Source, surveys: Mapping[str, Survey]) -> list[tuple[int, str, float, float]]:
    """Of each class over all splits: id, name, its share of the pixels and of the records, 0 to 1."""
    pixels = np.sum([survey.pixels for survey in surveys.values()], axis=0)  # (K,)
    records_with = np.sum([survey.records_with for survey in surveys.values()], axis=0)  # (K,)
    readable = sum(survey.readable for survey in surveys.values())
    total = sum(int(survey.pixels.sum()) for survey in surveys.values())
    return [
        (label, name, int(pixels[label]) / max(total, 1), int(records_with[label]) / max(readable, 1))
        for label, name in enumerate(source.label_set.names)
    ]


def sizes_text(survey: Survey) -> str:
    """ "256×192", or how many sizes there are and between which they lie."""
    if len(survey.sizes) == 1:
        ((width, height),) = survey.sizes
        return f"{width}×{height}"
    widths, heights = [width for width, _ in survey.sizes], [height for _, height in survey.sizes]
    if not widths:
        return "no sizes"
    return (
        f"{len(survey.sizes)} sizes, {min(widths)} to {max(widths)} wide and {min(heights)} to "
        f"{max(heights)} high"
    )


def modes_text(survey: Survey, kind: str) -> str:
    """ "RGB", or each mode with its files where there are several; "" where no file was read as `kind`."""
    modes = {mode: count for (of, mode), count in survey.modes.items() if of == kind}
    if len(modes) == 1:
        return next(iter(modes))
    return ", ".join(f"{mode} ({count})" for mode, count in sorted(modes.items()))
