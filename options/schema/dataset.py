"""Options of the data sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omegaconf import MISSING

from options.schema.fields import by_name, choice, named, option

SPLITS = ("train", "val", "test")
PAIRINGS = ("name", "sorted")
STYLES = ("day", "dusk", "night", "winter")
RESIZES = ("fixed", "short_side", "width", "none")
AUTO = "auto"


def _instances(default: bool) -> Any:
    return option(default, "show the networks where instances border on each other")


def _cache(holds: str) -> Any:
    return option(None, f"folder that keeps {holds}; null: ~/.cache")


@dataclass
class DatasetOptions:
    """What all data sets share."""

    name: str = MISSING
    height: int = option(256, "of the pictures, resized and cropped", at_least=1, unit="pixels")
    width: int = option(256, "of the pictures, resized and cropped", at_least=1, unit="pixels")
    resize: str = option("fixed", "what resize_to sets; fixed: both sides", choices=RESIZES)
    resize_to: int | None = option(None, "before the crop; null: the crop's size", at_least=1, unit="pixels")
    flip: bool = option(True, "mirror half of the training pairs")
    on_error: str = option("raise", "stop at unreadable records, or skip them", choices=("raise", "skip"))


@dataclass
class StoredOptions(DatasetOptions):
    """What all data sets on disk share."""

    root: str = option(MISSING, "folder of the data set")


@dataclass
class ScenesOptions(DatasetOptions):
    """The built-in scenes: drawn, not stored."""

    name: str = named("scenes")
    height: int = 64
    width: int = 64
    instances: bool = _instances(True)
    seed: int = option(0, "another seed draws other scenes", at_least=0)
    styles: list[str] = option(list(STYLES), "times of day and year that are drawn", choices=STYLES)
    resize: str = "none"


@dataclass
class CamVidOptions(StoredOptions):
    """CamVid, as SegNet arranges it or as Cambridge published it."""

    name: str = named("camvid")
    height: int = 96
    width: int = 128
    classes: int = option(11, "11 as in the papers, or all of Cambridge's", choices=(11, 32))


@dataclass
class Ade20kOptions(StoredOptions):
    """ADE20K scene parsing: ADEChallengeData2016 as published."""

    name: str = named("ade20k")
    resize_to: int | None = 286


@dataclass
class Ade20kOutdoorOptions(Ade20kOptions):
    """The pictures of ADE20K whose scene is in a list."""

    name: str = named("ade20k_outdoor")
    scenes: str | None = option(None, "list file, a scene or picture a line; null: the outdoor scenes")


@dataclass
class CityscapesOptions(StoredOptions):
    """Cityscapes: leftImg8bit and gtFine as published."""

    name: str = named("cityscapes")
    width: int = 512
    instances: bool = _instances(True)


@dataclass
class CocoStuffOptions(StoredOptions):
    """COCO-Stuff, as SPADE arranges it or as published."""

    name: str = named("coco_stuff")
    resize_to: int | None = 286
    instances: bool = _instances(True)
    cache: str | None = _cache("the instance maps that are made")


@dataclass
class CelebAMaskHQOptions(StoredOptions):
    """CelebAMask-HQ, as published or as SEAN arranges it."""

    name: str = named("celebamask_hq")
    cache: str | None = _cache("the label maps that are merged")


FacadesOptions = choice("facades", "CMP Facades: base/ and extended/ as published.", StoredOptions)


@dataclass
class FolderOptions(StoredOptions):
    """Your own pairs: ROOT/SPLIT/labels, ROOT/SPLIT/photos and, where there are any, ROOT/SPLIT/instances."""

    name: str = named("folder")
    num_classes: int | str = option(AUTO, "auto: as in the files", choices=(AUTO,), at_least=1)
    ignore_id: int | None = option(255, "stored id of one more class, unknown; null: there is none")
    remap: str | None = option(None, "CSV file from,to: what the ids in the files mean")
    unlisted: str = option("error", "ids that remap does not list", choices=("error", "unknown"))
    palette: str | None = option(None, "CSV file name,r,g,b: label maps show classes in these colours")
    instances: bool = _instances(False)
    pairing: str = option("name", "label maps find their photos by name, or by order", choices=PAIRINGS)


@dataclass
class WebDatasetOptions(StoredOptions):
    """Tar shards that scripts/make_shards.py wrote: ROOT/SPLIT, where ROOT is a folder or a URL."""

    name: str = named("webdataset")
    instances: bool = _instances(False)
    cache: str | None = _cache("the shards that are fetched")
    cache_gigabytes: float = option(50.0, "above it the cache drops what is oldest", at_least=0, unit="GB")


DATASETS = by_name(
    ScenesOptions, Ade20kOptions, Ade20kOutdoorOptions, CamVidOptions, CelebAMaskHQOptions, CityscapesOptions,
    CocoStuffOptions, FacadesOptions, FolderOptions, WebDatasetOptions,
)  # fmt: skip
