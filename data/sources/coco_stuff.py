"""COCO-Stuff: everyday pictures, every pixel labelled, with instances.

Caesar et al., "COCO-Stuff: Thing and stuff classes in context", 2018. Colours of stuff are the publisher's
(cocostuffhelper), those of things COCO's (panopticapi); 11 things that were never labelled have made-up ones.
"""

from __future__ import annotations

from pathlib import Path

from data.sources.classes import read_label_set
from data.sources.coco_instances import instance_map, read_pictures
from data.sources.label_format import StoredIds
from data.sources.pairing import require_folder
from data.sources.prepared_cache import prepare, prepared_folder
from data.sources.source import SplitAbsent
from data.sources.stem_files import Place, StemSource, shared_stems

SPLITS = ("train", "val")
PIXEL_MAPS = "stuffthingmaps_trainval2017"
RECIPE = "coco-stuff-instances-1"  # counted up when instance maps are made in another way

LABEL_FORMAT = StoredIds.in_order(read_label_set(Path(__file__).with_suffix(".csv")), unknown=255)


def open_coco_stuff(root: Path, split: str, instances: bool = True, cache: Path | None = None) -> StemSource:
    """One split, in whichever arrangement `root` has it.

    SPADE's: ROOT/train_img/NAME.jpg, train_label/NAME.png, train_inst/NAME.png; likewise val.
    The publisher's: ROOT/train2017/NAME.jpg, stuffthingmaps_trainval2017/train2017/NAME.png and
    annotations/instances_train2017.json, from which instance maps are made once, into `cache`; likewise val.
    182 classes (COCO's ids less one) and unknown, stored as 255. `instances`: read (and make) instance maps.

    Raises ValueError where the root has neither, a folder is missing or empty, or a picture has no partner.
    """
    if split not in SPLITS:
        raise SplitAbsent(f"split={split}: COCO-Stuff has {', '.join(SPLITS)}")
    expected = (
        f"COCO-Stuff as SPADE arranges it, {split}_img, {split}_label and {split}_inst "
        "(not with dataset.instances=false), or as published, "
        f"{split}2017, {PIXEL_MAPS}/{split}2017 and annotations/instances_{split}2017.json"
    )
    require_folder(root, expected)
    if (root / f"{split}_label").is_dir():
        photos, labels = Place(root / f"{split}_img", ".jpg"), Place(root / f"{split}_label", ".png")
        if not instances:
            return StemSource(shared_stems([labels, photos], expected), LABEL_FORMAT, labels, photos)
        instance_maps = Place(root / f"{split}_inst", ".png")
        stems = shared_stems([labels, photos, instance_maps], expected)
        return StemSource(stems, LABEL_FORMAT, labels, photos, instance_maps)
    photos, labels = Place(root / f"{split}2017", ".jpg"), Place(root / PIXEL_MAPS / f"{split}2017", ".png")
    stems = shared_stems([labels, photos], expected)
    made = _instance_maps(root, split, labels, stems, cache) if instances else None
    return StemSource(stems, LABEL_FORMAT, labels, photos, made)


def _instance_maps(root: Path, split: str, labels: Place, stems: list[str], cache: Path | None) -> Place:
    """Where the instance maps of these label maps lie, after making those that are missing."""
    annotations = root / "annotations" / f"instances_{split}2017.json"
    if not annotations.is_file():
        raise ValueError(
            f"{annotations}: no such file; unpack annotations_trainval2017.zip there, "
            "or set dataset.instances=false"
        )
    folder = prepared_folder(RECIPE, root, [annotations, labels.folder], cache)
    prepare(
        folder,
        stems,
        lambda missing: read_pictures(annotations, labels.folder, missing),
        instance_map,
        "instance maps",
    )
    return Place(folder, ".png")
