"""Readers of data sets, a file for each with its class list beside it, and their table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from data.sources import (
    ade20k,
    camvid,
    celebamask_hq,
    cityscapes,
    coco_stuff,
    facades,
    folder,
    scenes,
    shards,
)
from data.sources.label_format import LabelFormat
from data.sources.source import Source


@dataclass(frozen=True)
class Reader:
    """How a data set is read.

    `open`: a split of it, from `split` and the data set's options as keyword arguments. `label_format`: how
    its files store classes, so that users' own label maps are read where the data set is absent; where that
    depends on options, a function of them and of `label_set`. Both name the options that they need.
    """

    open: Callable[..., Source]
    label_format: LabelFormat | Callable[..., LabelFormat]


READERS: dict[str, Reader] = {
    "scenes": Reader(scenes.Scenes, scenes.LABEL_FORMAT),
    "ade20k": Reader(ade20k.open_ade20k, ade20k.LABEL_FORMAT),
    "ade20k_outdoor": Reader(ade20k.open_ade20k_outdoor, ade20k.LABEL_FORMAT),
    "camvid": Reader(camvid.open_camvid, camvid.label_format),
    "celebamask_hq": Reader(celebamask_hq.open_celebamask_hq, celebamask_hq.LABEL_FORMAT),
    "cityscapes": Reader(cityscapes.open_cityscapes, cityscapes.LABEL_FORMAT),
    "coco_stuff": Reader(coco_stuff.open_coco_stuff, coco_stuff.LABEL_FORMAT),
    "facades": Reader(facades.open_facades, facades.LABEL_FORMAT),
    "folder": Reader(folder.open_folder, folder.label_format),
    "webdataset": Reader(shards.open_shards, shards.label_format),
}
"""The choices of `dataset=`; the options of each: options/schema/dataset.py."""
