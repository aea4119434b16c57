"""From the word of a data set to its reader: the one table of data sets, and how each reads its options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from data.shards.storage import storage_of
from data.sources import ade20k, camvid, celebamask_hq, cityscapes, coco_stuff, facades, scenes
from data.sources.label_format import LabelFormat, StoredIds
from data.sources.prepared_cache import default_cache
from data.sources.shards import Shards
from data.sources.source import LabelSet, Source, SplitAbsent
from options.build.folder import folder_format, open_folder, settle_classes
from options.schema.dataset import (
    Ade20kOptions,
    Ade20kOutdoorOptions,
    CamVidOptions,
    CelebAMaskHQOptions,
    CityscapesOptions,
    CocoStuffOptions,
    DatasetOptions,
    FacadesOptions,
    FolderOptions,
    ScenesOptions,
    WebDatasetOptions,
)


@dataclass(frozen=True)
class Reader:
    """How a data set is read.

    `source`: a split of it, from (options, split); `label_format`: how its files store the classes of a
    run's label set, from (options, label_set), so that label maps of people's own are read where the data
    set is absent.
    """

    source: Callable[[Any, str], Source]
    label_format: Callable[[Any, LabelSet], LabelFormat]


def _published(label_format: LabelFormat) -> Callable[[Any, LabelSet], LabelFormat]:
    """That of a data set whose classes are not for its user to choose."""

    def of_every_run(options: DatasetOptions, label_set: LabelSet) -> LabelFormat:
        return label_format

    return of_every_run


def _scenes(options: ScenesOptions, split: str) -> Source:
    return scenes.Scenes(split, options.height, options.width, seed=options.seed, styles=options.styles)


def _ade20k(options: Ade20kOptions, split: str) -> Source:
    return ade20k.open_ade20k(Path(options.root), split)


def _ade20k_outdoor(options: Ade20kOutdoorOptions, split: str) -> Source:
    return ade20k.open_ade20k_outdoor(Path(options.root), split, _path(options.scenes))


def _camvid(options: CamVidOptions, split: str) -> Source:
    return camvid.open_camvid(Path(options.root), split, options.classes)


def _camvid_format(options: CamVidOptions, label_set: LabelSet) -> LabelFormat:
    return camvid.label_format(options.classes)


def _celebamask_hq(options: CelebAMaskHQOptions, split: str) -> Source:
    return celebamask_hq.open_celebamask_hq(Path(options.root), split, _path(options.cache))


def _cityscapes(options: CityscapesOptions, split: str) -> Source:
    return cityscapes.open_cityscapes(Path(options.root), split, options.instances)


def _coco_stuff(options: CocoStuffOptions, split: str) -> Source:
    return coco_stuff.open_coco_stuff(Path(options.root), split, options.instances, _path(options.cache))


def _facades(options: FacadesOptions, split: str) -> Source:
    return facades.Facades(Path(options.root), split)


def _webdataset(options: WebDatasetOptions, split: str) -> Source:
    cache = (_path(options.cache) or default_cache()).expanduser() / "shards"
    return Shards(storage_of(options.root, split, cache, int(options.cache_gigabytes * 1e9)))


def _as_class_ids(options: DatasetOptions, label_set: LabelSet) -> LabelFormat:
    return StoredIds(label_set, {label: label for label in range(len(label_set))})


def _path(option: str | None) -> Path | None:
    return None if option is None else Path(option)


READERS: dict[str, Reader] = {
    "scenes": Reader(_scenes, _published(scenes.LABEL_FORMAT)),
    "ade20k": Reader(_ade20k, _published(ade20k.LABEL_FORMAT)),
    "ade20k_outdoor": Reader(_ade20k_outdoor, _published(ade20k.LABEL_FORMAT)),
    "camvid": Reader(_camvid, _camvid_format),
    "celebamask_hq": Reader(_celebamask_hq, _published(celebamask_hq.LABEL_FORMAT)),
    "cityscapes": Reader(_cityscapes, _published(cityscapes.LABEL_FORMAT)),
    "coco_stuff": Reader(_coco_stuff, _published(coco_stuff.LABEL_FORMAT)),
    "facades": Reader(_facades, _published(facades.LABEL_FORMAT)),
    "folder": Reader(open_folder, folder_format),
    "webdataset": Reader(_webdataset, _as_class_ids),
}
"""The words of `dataset=`."""


def settle(options: DatasetOptions) -> None:
    """Replaces what is to be read off the files by what they say, and prints it."""
    said = settle_classes(options) if isinstance(options, FolderOptions) else None
    if said is not None:
        print(said)


def build_source(options: DatasetOptions, split: str) -> Source:
    """A split of the data set."""
    return READERS[options.name].source(options, split)


class Splits(NamedTuple):
    """A data set's splits that can be opened; why others are absent, or cannot be opened."""

    sources: dict[str, Source]
    absent: dict[str, str]
    refused: dict[str, str]


def split_sources(options: DatasetOptions, splits: Sequence[str]) -> Splits:
    """Opens each of the splits."""
    found = Splits({}, {}, {})
    for split in splits:
        try:
            found.sources[split] = build_source(options, split)
        except SplitAbsent as error:
            found.absent[split] = str(error)
        except ValueError as error:
            found.refused[split] = str(error)
    return found
