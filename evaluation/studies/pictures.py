"""Pictures of several runs from the same label maps, gathered in one folder."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from PIL import Image

from evaluation.gallery import GENERATED, LABELS, PHOTOS, GalleryRow

Item = TypeVar("Item")


def gather_pictures(folders: Sequence[Path], out: Path, count: int) -> tuple[list[GalleryRow], list[str]]:
    """Copies `count` of the label maps that all `folders` have, with pictures and photos, to `out`.

    They are spread evenly, as neighbours may be frames of one video. Pictures go together by the names of
    their files, where those of the label maps agree byte for byte. Returns the rows, one generated picture a
    folder, and a warning where label maps of one name differ, and so are skipped.
    """
    common = sorted(set.intersection(*(_names(folder) for folder in folders)))
    alike = [name for name in common if len({(each / LABELS / name).read_bytes() for each in folders}) == 1]
    rows = [_gather(name, folders, out) for name in evenly(alike, count)]
    differing = len(common) - len(alike)
    warning = f"{differing} label maps of one name differ between the runs; they are skipped"
    return rows, [warning] if differing else []


def evenly(items: Sequence[Item], count: int) -> list[Item]:
    """At most `count` of them, evenly spread."""
    count = min(count, len(items))
    return [items[place * len(items) // count] for place in range(count)]


def _gather(name: str, folders: Sequence[Path], out: Path) -> GalleryRow:
    def copy(source: Path, file: str) -> str:
        (out / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, out / file)
        return file

    labels = copy(folders[0] / LABELS / name, f"{LABELS}/{name}")
    generated = [
        copy(folder / GENERATED / name, f"{GENERATED}/{number}/{name}")
        for number, folder in enumerate(folders, start=1)
    ]
    photos = [folder / PHOTOS / name for folder in folders if (folder / PHOTOS / name).is_file()]
    photo = copy(photos[0], f"{PHOTOS}/{name}") if photos else None
    with Image.open(out / labels) as picture:
        width, height = picture.size
    return GalleryRow(Path(name).with_suffix("").as_posix(), labels, tuple(generated), photo, width, height)


def _names(folder: Path) -> set[str]:
    """Names of the label maps that have a generated picture, with "/" between folders."""
    labels = {file.relative_to(folder / LABELS).as_posix() for file in (folder / LABELS).rglob("*.png")}
    return {name for name in labels if (folder / GENERATED / name).is_file()}
