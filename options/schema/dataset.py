"""Options of the data sets. Sizes in pixels."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from omegaconf import MISSING


class Resize(Enum):
    """How a photo and its label map reach the size they are cropped from."""

    fixed = "fixed"
    short_side = "short_side"
    width = "width"
    none = "none"


class Pairing(Enum):
    """How files of two folders find each other."""

    name = "name"
    sorted = "sorted"


class Unlisted(Enum):
    """What an id that `dataset.remap` does not list stands for."""

    error = "error"
    unknown = "unknown"


# What becomes of a record that cannot be read. Made by a call: `raise` is a word of the language.
OnError = Enum("OnError", {"raise": "raise", "skip": "skip"})


@dataclass
class DatasetOptions:
    """What all data sets share. Sizes in pixels."""

    name: str = MISSING
    height: int = MISSING
    width: int = MISSING
    resize: Resize = Resize.fixed
    resize_to: int | None = None  # short side, width, or square that is cropped from; null: no margin
    flip: bool = True  # mirror half of the training pairs
    on_error: OnError = OnError["raise"]  # raise, or skip: train without records that cannot be read


@dataclass
class ScenesOptions(DatasetOptions):
    """The built-in scenes; drawn, not stored."""

    name: str = "scenes"
    height: int = 64
    width: int = 64
    instances: bool = True  # show the networks where instances border each other
    seed: int = 0  # another seed, other scenes
    styles: list[str] = field(default_factory=lambda: ["day", "dusk", "night", "winter"])  # or some of them
    resize: Resize = Resize.none


@dataclass
class CamVidOptions(DatasetOptions):
    """CamVid, as SegNet arranges it or as Cambridge published it."""

    name: str = "camvid"
    root: str = MISSING
    height: int = 96
    width: int = 128
    classes: int = 11  # 32: all of Cambridge's


@dataclass
class Ade20kOptions(DatasetOptions):
    """ADE20K scene parsing: ADEChallengeData2016 as published."""

    name: str = "ade20k"
    root: str = MISSING
    height: int = 256
    width: int = 256
    resize_to: int | None = 286


@dataclass
class Ade20kOutdoorOptions(Ade20kOptions):
    """The pictures of ADE20K whose scene is in a list."""

    name: str = "ade20k_outdoor"
    scenes: str | None = None  # a text file: one scene or picture a line; null: the outdoor scenes


@dataclass
class CityscapesOptions(DatasetOptions):
    """Cityscapes: leftImg8bit and gtFine as published."""

    name: str = "cityscapes"
    root: str = MISSING
    height: int = 256
    width: int = 512
    instances: bool = True


@dataclass
class CocoStuffOptions(DatasetOptions):
    """COCO-Stuff, as SPADE arranges it or as published."""

    name: str = "coco_stuff"
    root: str = MISSING
    height: int = 256
    width: int = 256
    resize_to: int | None = 286
    instances: bool = True
    cache: str | None = None  # folder of the instance maps that are made; null: ~/.cache


@dataclass
class CelebAMaskHQOptions(DatasetOptions):
    """CelebAMask-HQ, as published or as SEAN arranges it."""

    name: str = "celebamask_hq"
    root: str = MISSING
    height: int = 256
    width: int = 256
    cache: str | None = None  # folder of the label maps that are merged; null: ~/.cache


@dataclass
class FacadesOptions(DatasetOptions):
    """CMP Facades: base/ and extended/ as they are published."""

    name: str = "facades"
    root: str = MISSING
    height: int = 256
    width: int = 256


@dataclass
class FolderOptions(DatasetOptions):
    """Your own pairs: ROOT/SPLIT/labels, ROOT/SPLIT/photos and, where there are any, ROOT/SPLIT/instances."""

    name: str = "folder"
    root: str = MISSING
    height: int = 256
    width: int = 256
    num_classes: int | str = "auto"  # ids 0 .. num_classes-1; auto: read off the files
    ignore_id: int | None = 255  # stored id that becomes one more class; null: there is none
    remap: str | None = None  # a table from,to: what the ids in the files mean
    unlisted: Unlisted = Unlisted.error  # ids that remap does not list: an error, or unknown
    palette: str | None = None  # a table name,r,g,b: label maps show classes in these colours
    instances: bool = False
    pairing: Pairing = Pairing.name


@dataclass
class WebDatasetOptions(DatasetOptions):
    """Tar shards that scripts/make_shards.py wrote: ROOT/SPLIT, where ROOT is a folder or a URL."""

    name: str = "webdataset"
    root: str = MISSING
    height: int = 256
    width: int = 256
    instances: bool = False
    cache: str | None = None  # folder of the shards that are fetched; null: ~/.cache
    cache_gigabytes: float = 50.0  # above which those used longest ago leave it


DATASETS: dict[str, type] = {
    "scenes": ScenesOptions,
    "ade20k": Ade20kOptions,
    "ade20k_outdoor": Ade20kOutdoorOptions,
    "camvid": CamVidOptions,
    "celebamask_hq": CelebAMaskHQOptions,
    "cityscapes": CityscapesOptions,
    "coco_stuff": CocoStuffOptions,
    "facades": FacadesOptions,
    "folder": FolderOptions,
    "webdataset": WebDatasetOptions,
}
"""The words of `dataset=`, and what each may be told."""
