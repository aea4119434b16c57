"""COCO's instances, published as outlines in one JSON file a split, as instance maps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask

from data.sources.image_io import read_ids

FIRST_INSTANCE = 256
"""Instances count from here; below are the values of label maps, for pixels of no instance."""

Outline = list[list[float]] | dict[str, Any]
"""Polygons (x, y, x, y, …), or a run-length encoding."""


@dataclass(frozen=True)
class Picture:
    """One picture's label map and the outlines of its instances."""

    labels: Path
    height: int
    width: int
    outlines: list[Outline]


def read_pictures(file: Path, folder: Path, stems: list[str]) -> Iterator[tuple[str, Picture]]:
    """Each of the `stems` with its picture, whose label map lies in `folder`, from instances_….json.

    Crowds are left out: their outline is not that of one instance. Raises ValueError, naming the file, where
    it cannot be read, or where a picture is not in it.
    """
    images, outlines = _read(file)
    for stem in stems:
        if stem not in images:
            raise ValueError(f"{file}: it has no image {stem}.jpg, of which there is a label map in {folder}")
        number, height, width = images[stem]
        yield stem, Picture(folder / f"{stem}.png", height, width, outlines.get(number, []))


def instance_map(picture: Picture) -> np.ndarray:
    """The label map with instances numbered from 256 on, in the order of the file, uint16 (H, W).

    Where two overlap the later one is seen, as in SPADE's instance maps. Raises ValueError, naming the label
    map, where it cannot be read or has another size.
    """
    ids = read_ids(picture.labels)  # (H, W)
    if ids.shape != (picture.height, picture.width):
        raise ValueError(
            f"{picture.labels} is {ids.shape[1]}×{ids.shape[0]} (width×height) but its image is "
            f"{picture.width}×{picture.height} in the annotations; unpack both archives again"
        )
    instances = ids.astype(np.uint16)
    for number, outline in enumerate(picture.outlines, start=FIRST_INSTANCE):
        instances[_inside(outline, picture.height, picture.width)] = number
    return instances


def _inside(outline: Outline, height: int, width: int) -> np.ndarray:
    """The pixels of an outline, bool (H, W)."""
    if isinstance(outline, list):
        encoded = mask.merge(mask.frPyObjects(outline, height, width))
    elif isinstance(outline["counts"], list):
        encoded = mask.frPyObjects(outline, height, width)
    else:
        encoded = outline  # run lengths in letters, as they are decoded
    return mask.decode(encoded).astype(bool)


def _read(file: Path) -> tuple[dict[str, tuple[int, int, int]], dict[int, list[Outline]]]:
    """Number, height and width of each image by its stem, and the outlines of each image by its number."""
    try:
        with file.open("rb") as stream:
            stored = json.load(stream)
        images = {
            Path(image["file_name"]).stem: (image["id"], image["height"], image["width"])
            for image in stored["images"]
        }
        outlines: dict[int, list[Outline]] = {}
        for annotation in stored["annotations"]:
            if annotation["segmentation"] and not annotation.get("iscrowd"):
                outlines.setdefault(annotation["image_id"], []).append(annotation["segmentation"])
    except OSError as cause:
        raise ValueError(
            f"{file}: {cause.strerror}; unpack annotations_trainval2017.zip, or set dataset.instances=false"
        ) from cause
    except (ValueError, KeyError, TypeError) as cause:
        raise ValueError(f"{file}: not COCO's instances ({cause}); unpack it again") from cause
    return images, outlines
