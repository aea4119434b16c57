"""Which files belong together: the pictures of a folder, and their partners in another."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from data.sources.source import SplitAbsent

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")

PAIRINGS = ("name", "sorted")


def require_folder(folder: Path, expected: str) -> Path:
    """Returns `folder`; raises ValueError, saying what was `expected` there, where it is no folder."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder}: is a file, not a folder; expected {expected}")
    if not folder.is_dir():
        raise SplitAbsent(f"{folder}: no such folder; expected {expected}")
    return folder


def unpacked(root: Path, name: str) -> Path:
    """The folder `name` that an archive unpacks to, whether `root` is it or holds it."""
    return root / name if (root / name).is_dir() else root


def files_in(folder: Path, expected: str) -> list[str]:
    """Names of the files in `folder`, in no order, hidden ones left out.

    Raises ValueError, saying what was `expected` there, where the folder is missing or closed.
    """
    require_folder(folder, expected)
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries if entry.name[0] != "." and entry.is_file()]
    except OSError as cause:
        raise ValueError(f"{folder}: cannot be listed ({cause.strerror}); expected {expected}") from cause


def pictures_in(folder: Path, expected: str, endings: tuple[str, ...] = ENDINGS) -> list[str]:
    """File names of the pictures in `folder`, sorted by name without ending, hidden files left out.

    `endings`: those of the pictures, in small letters, where other files lie beside them.
    Raises ValueError, saying what was `expected` there, where the folder is missing, closed or has no
    picture, and where two pictures differ in their endings only.
    """
    names = files_in(folder, expected)
    found = [name for name in names if name.lower().endswith(endings)]
    pictures = {stem(name): name for name in found}
    if not found:
        raise ValueError(
            f"{folder}: none of its {len(names)} files is a picture "
            f"({', '.join(endings)}); expected {expected}"
        )
    if len(found) > len(pictures):
        first = next(name for name in found if pictures[stem(name)] != name)
        raise ValueError(f"{folder}: {first} and {pictures[stem(first)]} have one name; keep one of them")
    return [pictures[name] for name in sorted(pictures)]


def pair(
    labels: Sequence[str], labels_folder: Path, others: Sequence[str], others_folder: Path, pairing: str
) -> list[str]:
    """For each label map its partner in another folder of photos (or instance maps).

    `pairing`: "name" matches file names without their endings; "sorted" takes both folders in the
    order of their names. Raises ValueError with counts and the first offenders where anything is left over.
    """
    if pairing not in PAIRINGS:
        raise ValueError(f"pairing={pairing}: choose one of {', '.join(PAIRINGS)}")
    if pairing == "sorted":
        if len(labels) != len(others):
            raise ValueError(
                f"{labels_folder} has {len(labels)} pictures but {others_folder} has {len(others)}: "
                "pairing=sorted needs equal numbers; remove what has no partner, or use pairing=name"
            )
        return list(others)
    partners = {stem(name): name for name in others}
    matched = [partners[name] for name in map(stem, labels) if name in partners]
    if len(matched) == len(labels) == len(others):
        return matched
    known = {stem(name) for name in labels}
    alone = _count([name for name in labels if stem(name) not in partners], labels_folder, others_folder)
    alone += _count([name for name in others if stem(name) not in known], others_folder, labels_folder)
    raise ValueError(
        f"{'; '.join(alone)}: files pair by name without ending; add or remove what has no partner, "
        "or use pairing=sorted where the names differ but their order is the same"
    )


def stem(name: str) -> str:
    """A file's name without its ending."""
    return name.rpartition(".")[0] or name  # os.path.splitext takes six times as long


def _count(alone: Sequence[str], here: Path, there: Path) -> list[str]:
    if not alone:
        return []
    more = ", …" if len(alone) > 3 else ""
    return [
        f"{len(alone)} of the pictures in {here} have no partner in {there} ({', '.join(alone[:3])}{more})"
    ]
