"""The label maps that a benchmark computes with: real ones, or the built-in scenes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from data.batch import Batch
from data.loader import eval_loader
from data.sources.source import Subset
from options.build.data import build_source, evaluation_set
from options.schema.dataset import CamVidOptions, CocoStuffOptions, DatasetOptions, ScenesOptions

MARKS = {"train_label": CocoStuffOptions, "trainannot": CamVidOptions}
"""Folders by which a data set's arrangement is recognised."""


@dataclass(frozen=True)
class LabelMaps:
    """`batches` of label maps, instance maps and photos of one size; ids are 0 .. classes - 1."""

    batches: list[Batch]
    classes: int
    edges: bool


@dataclass(frozen=True)
class LabelMapOptions:
    """`batches` of `batch` label maps, evenly spread over a data set's training split.

    `folder`: of COCO-Stuff or CamVid, None for the built-in scenes; `size`: height and width; `classes`: as
    if the data set had so many (ids beyond them start again at 0), None for its own.
    """

    folder: Path | None
    size: tuple[int, int]
    batch: int
    batches: int
    classes: int | None = None

    def dataset(self) -> DatasetOptions:
        """Options of the data set in the folder; ValueError where it is none that we know."""
        height, width = self.size
        if self.folder is None:
            return ScenesOptions(height=height, width=width)
        for mark, options in MARKS.items():
            if (self.folder / mark).is_dir():
                return options(root=str(self.folder), height=height, width=width)
        raise ValueError(
            f"--labels {self.folder}: no {' and no '.join(MARKS)} in it; give COCO-Stuff or CamVid"
        )

    def read(self) -> LabelMaps:
        """Reads them; ValueError where there are too few, or where one cannot be read."""
        options, count = self.dataset(), self.batch * self.batches
        source = build_source(options, "train")
        if len(source) < count:
            raise ValueError(
                f"{self.folder} has {len(source)} label maps; --maps and --batch ask for {count}"
            )
        batches = list(eval_loader(evaluation_set(options, Subset.spread(source, count)), self.batch))
        if self.classes is not None:
            batches = [replace(batch, labels=batch.labels % self.classes) for batch in batches]
        return LabelMaps(batches, self.classes or len(source.label_set), source.has_instances)
