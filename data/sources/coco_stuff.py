"""COCO-Stuff: everyday pictures, every pixel labelled, with instances.

Caesar et al., "COCO-Stuff: Thing and stuff classes in context", 2018. Colours of stuff are the publisher's
(cocostuffhelper), those of things COCO's (panopticapi); 11 things that were never labelled have made-up ones.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask

from data.sources.classes import read_label_set
from data.sources.file_source import FileList, FileSource, require_same_names
from data.sources.image_io import read_ids
from data.sources.label_format import StoredIds
from data.sources.pairing import require_folder, require_split
from data.sources.prepared_cache import prepare, prepared_folder

SPLITS = ("train", "val")
PIXEL_MAPS = "stuffthingmaps_trainval2017"
RECIPE = "coco-stuff-instances-1"  # counted up when instance maps are made in another way

LABEL_FORMAT = StoredIds.in_order(read_label_set(Path(__file__).with_suffix(".csv")), unknown=255)

FIRST_INSTANCE = 256
"""Instances count from here; below are the values of label maps, for pixels of no instance."""

Outline = list[list[float]] | dict[str, Any]
"""Polygons (x, y, x, y, …), or a run-length encoding."""


def open_coco_stuff(
    root: str | Path, split: str, instances: bool = True, cache: str | Path | None = None
) -> FileSource:
    """One split, in the arrangement that `root` has.

    SPADE's: ROOT/train_img/NAME.jpg, train_label/NAME.png, train_inst/NAME.png; likewise val.
    The publisher's: ROOT/train2017/NAME.jpg, stuffthingmaps_trainval2017/train2017/NAME.png and
    annotations/instances_train2017.json, from which instance maps are made once, into `cache`; likewise val.
    182 classes (COCO's ids less one) and unknown, stored as 255. `instances`: read (and make) instance maps.

    Raises ValueError where the root has neither, a folder is missing or empty, or a picture has no partner.
    """
    require_split(split, SPLITS, "COCO-Stuff has")
    expected = (
        f"COCO-Stuff as SPADE arranges it, {split}_img, {split}_label and {split}_inst "
        "(not with dataset.instances=false), or as published, "
        f"{split}2017, {PIXEL_MAPS}/{split}2017 and annotations/instances_{split}2017.json"
    )
    root = require_folder(root, expected)
    arranged = (root / f"{split}_label").is_dir()  # by SPADE
    labels_folder = root / f"{split}_label" if arranged else root / PIXEL_MAPS / f"{split}2017"
    labels = FileList.find(labels_folder, ".png", expected)
    photos = FileList.find(root / (f"{split}_img" if arranged else f"{split}2017"), ".jpg", expected)
    require_same_names(labels, photos)
    instance_maps = None
    if instances and arranged:
        instance_maps = FileList.find(root / f"{split}_inst", ".png", expected)
        require_same_names(labels, instance_maps)
    elif instances:
        instance_maps = _instance_maps(root, split, labels, cache)
    return FileSource(LABEL_FORMAT, labels, photos, instance_maps)


def _instance_maps(root: Path, split: str, labels: FileList, cache: str | Path | None) -> FileList:
    """The instance maps of these label maps, after making those that are missing."""
    annotations = root / "annotations" / f"instances_{split}2017.json"
    if not annotations.is_file():
        raise ValueError(
            f"{annotations}: no such file; unpack annotations_trainval2017.zip there, "
            "or set dataset.instances=false"
        )
    folder, names = prepared_folder(RECIPE, root, [annotations, labels.folder], cache), labels.names
    prepare(
        folder, names, lambda: partial(Annotations.read(annotations).draw, labels.folder), "instance maps"
    )
    return FileList(folder, names, ".png")


@dataclass(frozen=True)
class Annotations:
    """What instances_….json says: each image's number, height and width by its name, outlines by its number.

    Crowds are skipped: their outline is not that of one instance.
    """

    file: Path
    images: dict[str, tuple[int, int, int]]
    outlines: dict[int, list[Outline]]

    @classmethod
    def read(cls, file: Path) -> Annotations:
        """Reads `file`; ValueError, naming it, where it cannot be read."""
        try:
            stored = json.loads(file.read_bytes())
            images = {
                Path(image["file_name"]).stem: (image["id"], image["height"], image["width"])
                for image in stored["images"]
            }
            outlines: dict[int, list[Outline]] = {}
            for annotation in stored["annotations"]:
                if annotation["segmentation"] and not annotation.get("iscrowd"):
                    outlines.setdefault(annotation["image_id"], []).append(annotation["segmentation"])
        except (OSError, ValueError, KeyError, TypeError) as cause:
            raise ValueError(
                f"{file}: not COCO's instances ({cause}); unpack annotations_trainval2017.zip again, "
                "or set dataset.instances=false"
            ) from cause
        return cls(file, images, outlines)

    def draw(self, labels: Path, stem: str) -> np.ndarray:
        """LABELS/STEM.png with instances numbered from 256 on, in the order of the file, uint16 (H, W).

        Where two overlap the later one is seen, as in SPADE's instance maps. Raises ValueError, naming the
        file, where the image is not known, or its label map cannot be read or has another size.
        """
        if stem not in self.images:
            raise ValueError(
                f"{self.file}: it has no image {stem}.jpg, of which there is a label map in {labels}"
            )
        number, height, width = self.images[stem]
        ids = read_ids(labels / f"{stem}.png")  # (H, W)
        if ids.shape != (height, width):
            raise ValueError(
                f"{labels}/{stem}.png is {ids.shape[1]}×{ids.shape[0]} (width×height) but its image is "
                f"{width}×{height} in the annotations; unpack both archives again"
            )
        instances = ids.astype(np.uint16)
        for instance, outline in enumerate(self.outlines.get(number, []), start=FIRST_INSTANCE):
            instances[_inside(outline, height, width)] = instance
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
