"""Evaluation: a model's metrics, and beside them the scale to read them on.

Up to four rows. `model`: generated pictures against the photos of the same label maps.
`mean_colour_baseline`: the same label maps painted in mean training colours, what a generator must beat.
`real_train`: real training photos against the same photos, what the best generator can hope for; it has the
distances between sets only. `real_photos`: the photos themselves, where there is a segmenter: the most it
finds in real pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from data.batch import Batch
from data.sources.source import LabelSet
from evaluation.mean_colour_baseline import MeanColours, paint
from evaluation.metric_accumulator import MetricAccumulator
from evaluation.metrics import MetricSet
from evaluation.picture_set import SetDescription
from evaluation.pictures import check_pairs, check_pictures, quantise
from evaluation.protocol import Protocol, Rows

Features = Callable[[Tensor], Tensor]
"""Pictures (B, 3, H, W) in [-1, 1] to features (B, C): a network, or one with a cache."""


@dataclass(frozen=True)
class Scale:
    """What training photos give: `colours` (K, 3) of the mean-colour baseline, and themselves as a set.

    `train`: None where no metric compares sets.
    """

    colours: Tensor
    train: SetDescription | None


@dataclass(frozen=True)
class Evaluation:
    """`rows`: metrics of model, mean_colour_baseline, ... by name.

    `by_class`: `colour_error`, the distance of each class from its colour in the photos in levels of 255, and
    `iou`, where they were measured: of each row, by class. `scores`: metrics of single generated pictures, by
    the pictures' names; those of this process alone.
    """

    rows: Rows
    by_class: dict[str, Rows] = field(default_factory=dict)
    scores: dict[str, dict[str, float]] = field(default_factory=dict)


@torch.inference_mode()
def measure_scale(
    train_batches: Iterable[Batch],
    num_classes: int,
    metrics: MetricSet,
    protocol: Protocol,
    features: Features | None = None,
    colours_alone: bool = False,
) -> Scale:
    """What `evaluate` needs for the rows of the baseline and of training photos, in one pass over those.

    It depends on nothing that is trained: one scale serves every evaluation of a run. Batches may be of any
    size and in any order. `features`: the metrics' features, with a cache; `colours_alone`: for the row of
    the baseline alone. Raises ValueError for batches without photos, or no photos.
    """
    colours = MeanColours(num_classes).to(metrics.device)
    train = metrics.picture_set(features or metrics.features)
    for batch in train_batches:
        photo = _measured(_photo(batch).to(metrics.device), "training photo", protocol)
        colours.update(photo, batch.labels.to(metrics.device))
        if not colours_alone:
            train.update(photo, batch.names)
    return Scale(colours.compute(), None if colours_alone else train.compute())


@torch.inference_mode()
def evaluate(
    pairs: Iterable[tuple[Tensor, Batch]],
    metrics: MetricSet,
    protocol: Protocol,
    scale: Scale | None = None,
    features: Features | None = None,
    label_set: LabelSet | None = None,
) -> Evaluation:
    """The metrics of generated pictures, with the scale's rows where one is given.

    `pairs`: generated pictures (B, 3, H, W) in [-1, 1] with the batch they were generated from; consumed
    once, and no picture is kept. Pictures and photos are first rounded to 8 bits where the protocol says
    "png"; the baseline's colours, which no file holds, stay unrounded. Each row also has its number of
    `images`. `Protocol.metric_name` gives the metrics' full names. `features`: the metrics' features with a
    cache, for photos and the baseline, which no training changes. `label_set`: the classes, where colours are
    to be compared class by class. Under several processes each passes its part of the pairs, and all get the
    values of the whole.

    Raises ValueError for batches without photos, pictures that differ in size from their photos or are out of
    range, fewer pictures than a metric takes, or another number of them than the protocol says.
    """
    cached = features or metrics.features
    model = MetricAccumulator(metrics, metrics.features, label_set=label_set)
    photos = MetricAccumulator(metrics, cached, compared=False)
    baseline = MetricAccumulator(metrics, cached, label_set=label_set)
    scores: dict[str, dict[str, float]] = {}
    for generated, batch in pairs:
        check_pairs(generated, _photo(batch))
        photo = _measured(_photo(batch).to(metrics.device), "photo", protocol)
        labels = batch.labels.to(metrics.device)
        model.update(
            _measured(generated.to(metrics.device), "generated", protocol), photo, labels, batch.names
        )
        for name, values in model.latest().items():
            for picture, value in zip(batch.names, values, strict=True):
                scores.setdefault(picture, {})[name] = value
        photos.update(photo, photo, labels, batch.names)
        if scale is not None:
            baseline.update(paint(scale.colours, labels), photo, labels, batch.names)
    if (found := photos.images()) != protocol.count:
        raise ValueError(
            f"{found} pictures were measured where the protocol says {protocol.count}; a metric's full name"
            " carries its count: state the number that is measured"
        )
    real = photos.picture_set()
    accumulators = {"model": model} if scale is None else {"model": model, "mean_colour_baseline": baseline}
    rows = {row: accumulator.compute(real) for row, accumulator in accumulators.items()}
    if scale is not None and scale.train is not None and real is not None:
        count = scale.train.images
        rows["real_train"] = {"images": float(count)} | metrics.allowed_by(count).distances(scale.train, real)
    if metrics.segmenters:
        rows["real_photos"] = photos.compute(None)
        accumulators["real_photos"] = photos
    by_class: dict[str, Rows] = {}
    for row, accumulator in accumulators.items():
        for metric, of_classes in accumulator.by_class().items():
            by_class.setdefault(metric, {})[row] = of_classes
    return Evaluation(rows, by_class, scores)


def _photo(batch: Batch) -> Tensor:
    if batch.photo is None:
        raise ValueError(
            f"no photo for {batch.names[0]}; without photos there are no metrics: give their folder"
        )
    return batch.photo


def _measured(pictures: Tensor, what: str, protocol: Protocol) -> Tensor:
    check_pictures(pictures, what)
    return quantise(pictures) if protocol.pictures == "png" else pictures.float()
