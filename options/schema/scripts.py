"""Options of the scripts that work on a data set, or on many runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omegaconf import MISSING

from options.schema.dataset import SPLITS
from options.schema.fields import group, option
from options.schema.training import MOST_THREADS, EvaluationHardwareOptions

ROWS = {
    "batch_stem": ["norm=batch"],
    "batch_concat": ["norm=batch", "generator.concat_labels=true"],
    "layer": ["norm=layer"],
    "instance": ["norm=instance"],
    "cin": ["norm=cin"],
    "adain": ["norm=adain"],
    "spade": ["norm=spade", "norm.hidden=64"],
    "sean": ["norm=sean", "norm.hidden=64"],
    "clade": ["norm=clade"],
    "pix2pixhd": ["generator=pix2pixhd"],
}
"""One body with each norm, and the generator that SPADE is compared with (Park et al. 2019, section 4)."""


@dataclass
class DatasetScriptOptions:
    """What scripts share that read a whole data set."""

    dataset: Any = group("the data set", None)
    splits: list[str] = option(list(SPLITS), "of the data set; those that it does not have are skipped")
    num_workers: int | None = option(None, "processes that read; null: one a core, 0: this one", at_least=0)


BACKBONES = ("efficientnet_lite2", "none")


@dataclass
class ShardsOptions(DatasetScriptOptions):
    """python scripts/make_shards.py dataset=CHOICE dataset.root=DIR out=DIR [OPTION=VALUE ...]

    Writes a data set as tar shards that train with dataset=webdataset. Stopped, the same command goes on.
    """

    out: str = option(MISSING, "folder of the shards: OUT/SPLIT")
    records: int = option(1000, "in a shard", at_least=1)
    quality: int = option(95, "of photos, as JPEG", at_least=1, at_most=100)


@dataclass
class CheckOptions(DatasetScriptOptions):
    """python scripts/check_dataset.py dataset=CHOICE dataset.root=DIR [OPTION=VALUE ...]

    Reads every pair of a data set, prints what is in it, and draws a page to look at. Exit status: 0 ready
    to train, 2 something to fix.
    """

    out: str = option("results/check", "folder of the page: OUT/DATASET/index.html")
    pictures: int = option(24, "pairs of each split on the page", at_least=1)


@dataclass
class TrainSegmenterOptions:
    """python scripts/train_segmenter.py dataset=CHOICE [OPTION=VALUE ...]

    Trains a small segmenter on the real photos of a data set and leaves it in segmenters/DATASET, where
    test.py finds it: mIoU of generated pictures, beside that of real ones. With backbone=none there is no
    pretrained network in it, and it is left in segmenters/DATASET_scratch: test.py measures with both.

    Examples
      python scripts/train_segmenter.py dataset=camvid dataset.root=DIR
      python scripts/train_segmenter.py dataset=camvid dataset.root=DIR backbone=none
      python scripts/train_segmenter.py dataset=folder dataset.root=DIR dataset.num_classes=20 name=mine
    """

    name: str | None = option(None, "of its folder under segmenters/; null: the data set's")
    dataset: Any = group("the data set", None)
    backbone: str = option("efficientnet_lite2", "frozen; none: trained from scratch", choices=BACKBONES)
    images: int | None = option(None, "null: 6000, from scratch 16000", at_least=1, unit="images")
    batch_size: int = option(8, "images of a step", at_least=1)
    learning_rate: float = option(1e-3, "of Adam", above=0)
    width: int = option(64, "of the network", at_least=1, unit="channels")
    seed: int = option(0, "of weights, order of the images and crops", at_least=0)
    hardware: EvaluationHardwareOptions = group("presets of hardware.*", None, EvaluationHardwareOptions)


@dataclass
class CompareNormsOptions:
    """python scripts/compare_norms.py [study=STUDY] [OPTION=VALUE ...]

    Trains and measures the same set-up with each of the norms, with several seeds, and leaves one table and
    one sheet of pictures in results/compare_STUDY. Stopped (Ctrl-C), the same command goes on; what is
    trained and measured already is not done again. Studies: configs/experiment/compare_*.yaml.

    Examples
      python scripts/compare_norms.py jobs=2
      python scripts/compare_norms.py study=camvid root=DIR only=[batch_concat,spade,sean,pix2pixhd]
      python scripts/compare_norms.py jobs=2 published=docs/studies/scenes.csv
      python scripts/compare_norms.py "rows.wide=['norm=spade','norm.hidden=128']" only=[wide]
    """

    study: str = option("scenes", "all rows share the options of configs/experiment/compare_STUDY.yaml")
    rows: dict[str, list[str]] = option(ROWS, f"rows.NAME=[OPTIONS of train.py] adds to {', '.join(ROWS)}")
    only: list[str] | None = option(None, "rows of the table; null: all")
    seeds: list[int] = option([0, 1], "each row is trained with each", at_least=0)
    overrides: list[str] = option([], "options of train.py for all rows")
    name: str = option("compare_${study}", "runs are checkpoints/NAME-ROW-SEED, results go to OUT/NAME")
    root: str | None = option(None, "folder of the data set, where it has one")
    jobs: int = option(1, "trainings and evaluations at a time", at_least=1)
    threads: int = option(1, "of each job", at_least=1, at_most=MOST_THREADS)
    images: int | None = option(None, "of the val split that are measured; null: all", at_least=1)
    train_images: int = option(1000, "training photos that set the scale of the metrics", at_least=2)
    segmenter_images: int = option(6000, "to train the segmenter of mIoU with; 0: no mIoU", at_least=0)
    segmenter_path: str | None = option(None, "of another segmenter than the study's own")
    speed_images: int = option(160, "of a further run a row, to measure speed; 0: none", at_least=0)
    sheet_rows: int = option(8, "label maps on the sheet of pictures", at_least=1)
    sheet_photos: bool = option(True, "real photos on the sheet; false where they may not be shown")
    out: str = option("results", "folder of all studies' results")
    published: str | None = option(None, "table.csv of the same study, made elsewhere, to compare with")
