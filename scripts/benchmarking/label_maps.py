"""The label maps that a benchmark computes with: real ones, or the built-in scenes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from data.batch import Batch, Sample
from data.dataset import PairedDataset
from data.sampler import Position
from options.build.data import build_source, evaluation_set
from options.schema.dataset import CamVidOptions, CocoStuffOptions, DatasetOptions, ScenesOptions

MARKS = {"train_label": CocoStuffOptions, "trainannot": CamVidOptions}
"""Folders by which a data set's arrangement is known."""


@dataclass(frozen=True)
class LabelMaps:
    """`batches` of label maps, instance maps and photos of one size; ids are 0 .. classes - 1."""

    batches: list[Batch]
    classes: int
    edges: bool


def read_label_maps(
    folder: Path | None, size: tuple[int, int], batch: int, batches: int, classes: int | None
) -> LabelMaps:
    """So many batches from all over a data set's training split; the scenes without a folder.

    `size`: height and width; `classes`: as if there were so many, ids beyond them starting again at 0.
    """
    options = dataset_options(folder, size)
    source = build_source(options, "train")
    edges = source.has_instances
    dataset = evaluation_set(options, source)
    count = batch * batches
    if len(dataset) < count:
        raise ValueError(f"{folder} has {len(dataset)} label maps; --maps and --batch ask for {count}")
    places = [index * len(dataset) // count for index in range(count)]
    samples = [read(dataset, place) for place in places]
    known = len(source.label_set)
    if classes is not None:
        samples = [replace(sample, labels=sample.labels % classes) for sample in samples]
    stacked = [stack(samples[first : first + batch]) for first in range(0, count, batch)]
    return LabelMaps(stacked, classes or known, edges)


def dataset_options(folder: Path | None, size: tuple[int, int]) -> DatasetOptions:
    """Options of the data set that a folder holds."""
    height, width = size
    if folder is None:
        return ScenesOptions(height=height, width=width)
    for mark, options in MARKS.items():
        if (folder / mark).is_dir():
            return options(root=str(folder), height=height, width=width)
    raise ValueError(f"--labels {folder}: no {' and no '.join(MARKS)} in it; give COCO-Stuff or CamVid")


def read(dataset: PairedDataset, place: int) -> Sample:
    """A sample; ValueError where it cannot be read."""
    sample = dataset[Position(0, place)]
    if not isinstance(sample, Sample):
        raise ValueError(str(sample))
    return sample


def stack(samples: list[Sample]) -> Batch:
    """Samples of one size as a batch."""

    def stacked(tensors: list[Tensor | None]) -> Tensor | None:
        there = [tensor for tensor in tensors if tensor is not None]
        return torch.stack(there) if len(there) == len(samples) else None

    labels = torch.stack([sample.labels for sample in samples])
    photo = stacked([sample.photo for sample in samples])
    instances = stacked([sample.instances for sample in samples])
    return Batch(photo, labels, instances, torch.zeros(len(samples), dtype=torch.int64), ("",) * len(samples))
