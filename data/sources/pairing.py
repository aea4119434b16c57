"""Which files belong together: the images of a folder, and their partners in another."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from data.sources.source import SplitAbsent

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")


def require_folder(folder: str | Path, expected: str) -> Path:
    """Returns `folder`; raises ValueError, saying what was `expected` there, where it is no folder."""
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder}: is a file, not a folder; expected {expected}")
    if not folder.is_dir():
        raise SplitAbsent(f"{folder}: no such folder; expected {expected}")
    return folder


def require_split(split: str, splits: Collection[str], having: str) -> None:
    """Raises SplitAbsent where `split` is not one of `splits`; `having` is such as "ADE20K has"."""
    if split not in splits:
        raise SplitAbsent(f"split={split}: {having} {', '.join(splits)}")


def unpacked(root: Path, name: str) -> Path:
    """The folder `name` that an archive unpacks to, whether `root` is it or holds it."""
    return root / name if (root / name).is_dir() else root


def list_files(folder: Path, expected: str) -> list[str]:
    """Names of the files in `folder`, in no order, without hidden ones.

    Raises ValueError, saying what was `expected` there, where the folder is missing or closed.
    """
    require_folder(folder, expected)
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries if entry.name[0] != "." and entry.is_file()]
    except OSError as cause:
        raise ValueError(f"{folder}: cannot be listed ({cause.strerror}); expected {expected}") from cause


def read_text(file: Path, expected: str) -> str:
    """A text file in UTF-8; raises ValueError, saying what was `expected`, where it cannot be read."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as cause:
        reason = cause.strerror if isinstance(cause, OSError) else "it is no text in UTF-8"
        raise ValueError(f"{file}: cannot be read ({reason}); expected {expected}") from cause


def list_images(folder: Path, expected: str) -> list[str]:
    """File names of the images in `folder`, sorted by name without ending, without hidden ones.

    Raises ValueError, saying what was `expected` there, where the folder is missing, closed or has no
    image, and where two images differ in their endings only.
    """
    names = list_files(folder, expected)
    found = [name for name in names if name.lower().endswith(ENDINGS)]
    images = {stem(name): name for name in found}
    if not found:
        raise ValueError(
            f"{folder}: none of its {len(names)} files is a picture "
            f"({', '.join(ENDINGS)}); expected {expected}"
        )
    if len(found) > len(images):
        first = next(name for name in found if images[stem(name)] != name)
        raise ValueError(f"{folder}: {first} and {images[stem(first)]} have one name; keep one of them")
    return [images[name] for name in sorted(images)]


def pair(
    labels: Sequence[str], labels_folder: Path, others: Sequence[str], others_folder: Path, pairing: str
) -> list[str]:
    """For each label map its partner in another folder of photos (or instance maps).

    `pairing`: "name" matches file names without their endings; "sorted" takes both folders in the
    order of their names. Raises ValueError with counts and the first names where a file has no partner.
    """
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
    here, there = f"the pictures in {labels_folder}", f"the pictures in {others_folder}"
    alone = [
        *without_partner([name for name in labels if stem(name) not in partners], here, others_folder),
        *without_partner([name for name in others if stem(name) not in known], there, labels_folder),
    ]
    raise ValueError(
        f"{'; '.join(alone)}: files pair by name without ending; add or remove what has no partner, "
        "or use pairing=sorted where the names differ but their order is the same"
    )


def without_partner(names: Sequence[str], here: object, there: object) -> list[str]:
    """A line about the `names` of `here` that are not in `there`, or none where there are no such names."""
    if not names:
        return []
    more = ", …" if len(names) > 3 else ""
    return [f"{len(names)} of {here} have no partner in {there} ({', '.join(names[:3])}{more})"]


def stem(name: str) -> str:
    """A file's name without its ending."""
    return name.rpartition(".")[0] or name  # os.path.splitext takes six times as long
