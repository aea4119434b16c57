"""Pictures of several runs from the same label maps, gathered in one folder."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from PIL import Image

from evaluation.gallery import GENERATED, LABELS, PHOTOS, GalleryRow

Item = TypeVar("Item")


def gather_pictures(folders: Sequence[Path], out: Path, count: int) -> tuple[list[GalleryRow], int]:
    """Copies `count` of the label maps that all `folders` have, with pictures and photos, to `out`.

    They are spread evenly, as neighbours may be frames of one video. Pictures go together by the names of
    their files, where those of the label maps agree byte for byte. Answers the rows, one generated picture a
    folder, and for how many names the label maps differ.
    """
    common = sorted(set.intersection(*(_names(folder) for folder in folders)))
    alike = [
        name for name in common if len({(folder / LABELS / name).read_bytes() for folder in folders}) == 1
    ]
    rows: list[GalleryRow] = []
    for name in spread(alike, count):
        generated = tuple(
            _copy(folder / GENERATED / name, out, f"{GENERATED}/{number}/{name}")
            for number, folder in enumerate(folders, start=1)
        )
        labels = _copy(folders[0] / LABELS / name, out, f"{LABELS}/{name}")
        photo = next(
            (folder / PHOTOS / name for folder in folders if (folder / PHOTOS / name).is_file()), None
        )
        real = None if photo is None else _copy(photo, out, f"{PHOTOS}/{name}")
        with Image.open(out / labels) as picture:
            width, height = picture.size
        rows.append(GalleryRow(Path(name).with_suffix("").as_posix(), labels, generated, real, width, height))
    return rows, len(common) - len(alike)


def differing_warning(differing: int) -> str:
    """What to say where `gather_pictures` left label maps out."""
    return f"{differing} label maps of one name differ between the runs; they are left out"


def spread(items: Sequence[Item], count: int) -> list[Item]:
    """At most `count` of them, evenly."""
    count = min(count, len(items))
    return [items[place * len(items) // count] for place in range(count)]


def _names(folder: Path) -> set[str]:
    """Names of the label maps that have a generated picture, with "/" between folders."""
    labels = {file.relative_to(folder / LABELS).as_posix() for file in (folder / LABELS).rglob("*.png")}
    return {name for name in labels if (folder / GENERATED / name).is_file()}


def _copy(source: Path, out: Path, file: str) -> str:
    target = out / file
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    return file
