"""Cityscapes: streets of 50 cities, finely annotated, with instances.

Cordts et al., "The Cityscapes dataset for semantic urban scene understanding", 2016.
"""

from __future__ import annotations

from pathlib import Path

from data.sources.classes import read_label_set
from data.sources.file_source import FileList, FileSource, require_same_names
from data.sources.label_format import StoredIds
from data.sources.pairing import require_folder, require_split

SPLITS = ("train", "val")  # the labels of test are withheld: its label maps are dummies

LABEL_SET = read_label_set(Path(__file__).with_suffix(".csv"))
PLATE = len(LABEL_SET) - 1
# The publisher's id of a licence plate is -1: 255 in 8 bits, 65535 in 16.
LABEL_FORMAT = StoredIds(LABEL_SET, {label: label for label in range(PLATE + 1)} | {255: PLATE, 65535: PLATE})


def open_cityscapes(root: str | Path, split: str, instances: bool = True) -> FileSource:
    """One split: ROOT/leftImg8bit/SPLIT/CITY/NAME_leftImg8bit.png with the maps in ROOT/gtFine/SPLIT/CITY.

    35 classes: the publisher's ids 0-33, and the licence plate (-1) as 34. `instances`: read the 16-bit
    instance maps; a pixel of no instance holds its class there.

    Raises ValueError where a folder is missing or empty, or a picture has no partner.
    """
    require_split(split, SPLITS, "Cityscapes has labels for")
    expected = (
        f"Cityscapes as published: leftImg8bit/{split}/CITY/NAME_leftImg8bit.png "
        f"with gtFine/{split}/CITY/NAME_gtFine_labelIds.png"
        + (" and NAME_gtFine_instanceIds.png (not with dataset.instances=false)" if instances else "")
    )
    root = require_folder(root, expected)
    maps = root / "gtFine" / split
    labels = _in_cities(maps, "_gtFine_labelIds.png", expected)
    photos = _in_cities(root / "leftImg8bit" / split, "_leftImg8bit.png", expected)
    instance_maps = _in_cities(maps, "_gtFine_instanceIds.png", expected) if instances else None
    require_same_names(labels, photos, instance_maps)
    return FileSource(LABEL_FORMAT, labels, photos, instance_maps)


def _in_cities(folder: Path, ending: str, expected: str) -> FileList:
    """FOLDER/CITY/NAME`ending` of all cities, sorted."""
    require_folder(folder, expected)
    cities = sorted(city.name for city in folder.iterdir() if city.is_dir() and city.name[0] != ".")
    if not cities:
        raise ValueError(f"{folder}: it has no folder of a city; expected {expected}")
    names = {city: FileList.find(folder / city, ending, expected).names for city in cities}
    return FileList(folder, [f"{city}/{name}" for city in cities for name in names[city]], ending)
