"""Cityscapes: streets of 50 cities, finely annotated, with instances.

Cordts et al., "The Cityscapes dataset for semantic urban scene understanding", 2016.
"""

from __future__ import annotations

from pathlib import Path

from data.sources.classes import read_label_set
from data.sources.file_source import FileSource, Place, files_by_stem, same_stems
from data.sources.label_format import StoredIds
from data.sources.pairing import require_folder
from data.sources.source import SplitAbsent

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
    if split not in SPLITS:
        raise SplitAbsent(f"split={split}: Cityscapes has labels for {', '.join(SPLITS)}")
    expected = (
        f"Cityscapes as published: leftImg8bit/{split}/CITY/NAME_leftImg8bit.png "
        f"with gtFine/{split}/CITY/NAME_gtFine_labelIds.png"
        + (" and NAME_gtFine_instanceIds.png (not with dataset.instances=false)" if instances else "")
    )
    root = require_folder(root, expected)
    photos = Place(root / "leftImg8bit" / split, "_leftImg8bit.png")
    labels = Place(root / "gtFine" / split, "_gtFine_labelIds.png")
    instance_maps = Place(root / "gtFine" / split, "_gtFine_instanceIds.png") if instances else None
    places = [place for place in (labels, photos, instance_maps) if place is not None]
    first, *others = [(place, _in_cities(place, expected)) for place in places]
    return FileSource(LABEL_FORMAT, files_by_stem(same_stems(first, others), labels, photos, instance_maps))


def _in_cities(place: Place, expected: str) -> list[str]:
    """CITY/NAME of all files of a kind, sorted."""
    require_folder(place.folder, expected)
    cities = sorted(city.name for city in place.folder.iterdir() if city.is_dir() and city.name[0] != ".")
    if not cities:
        raise ValueError(f"{place.folder}: it has no folder of a city; expected {expected}")
    return [
        f"{city}/{stem}"
        for city in cities
        for stem in Place(place.folder / city, place.ending).stems(expected)
    ]
