"""Evaluation: the model's numbers, and beside them the scale to read them on.

Four rows. `model`: generated pictures against the photos of the same label maps. `mean_colour_baseline`: the
same label maps painted in mean training colours, what a generator must beat. `real_train`: real training
photos against the same photos, what the best generator can hope for; it has the distances between sets only.
`real_photos`: the photos themselves, where there is a segmenter: the most it finds in real pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from data.batch import Batch
from data.sources.source import LabelSet
from evaluation.feature_accumulator import PictureSet, PictureSetFeatures
from evaluation.mean_colour_baseline import MeanColours, paint
from evaluation.metric_accumulator import MetricAccumulator
from evaluation.metric_set import MetricSet
from evaluation.pictures import check_pairs, check_pictures, quantise
from evaluation.protocol import Protocol, Rows
from evaluation.segmentation import class_ious

Features = Callable[[Tensor], Tensor]
"""Pictures (B, 3, H, W) in [-1, 1] to features (B, C): a network, or one that remembers."""


@dataclass(frozen=True)
class Scale:
    """What training photos say: `colours` (K, 3) of the null model, and their features.

    `train`: None where the metrics need no features.
    """

    colours: Tensor
    train: PictureSet | None


@dataclass(frozen=True)
class Evaluation:
    """`rows`: named metrics of model, mean_colour_baseline, ...; `class_ious`: likewise, the IoUs.

    `colour_errors`: likewise, how far each class is from its colour in the photos, in levels of 255;
    `scores`: figures of single generated pictures, by their names; those of this process's share.
    """

    rows: Rows
    class_ious: Rows = field(default_factory=dict)
    colour_errors: Rows = field(default_factory=dict)
    scores: dict[str, dict[str, float]] = field(default_factory=dict)


@torch.inference_mode()
def measure_scale(
    train_batches: Iterable[Batch],
    num_classes: int,
    metrics: MetricSet,
    protocol: Protocol,
    remembered: Features | None = None,
) -> Scale:
    """One pass over training photos: what `evaluate` needs for the null model's row and the real one.

    It depends on nothing that is trained: one scale serves every evaluation of a run. Batches may be of any
    size and in any order, wrapped in a progress bar or not. `remembered`: the metrics' features where they
    are kept from one evaluation to the next. Raises ValueError for batches without photos, or fewer than two
    photos.
    """
    device = metrics.device
    colours = MeanColours(num_classes).to(device)
    train = PictureSetFeatures(metrics.features.num_features, metrics.keeps_features, device)
    features = remembered or metrics.features
    for batch in train_batches:
        photo = _measured(_photo(batch).to(device), "training photo", protocol)
        colours.update(photo, batch.labels.to(device))
        if metrics.of_sets:
            train.update(features(photo))
    return Scale(colours.compute(), train.compute() if metrics.of_sets else None)


@torch.inference_mode()
def mean_colours(
    batches: Iterable[Batch], num_classes: int, device: torch.device, protocol: Protocol
) -> Tensor:
    """The null model's colours (K, 3) from photos alone, where no scale is measured."""
    colours = MeanColours(num_classes).to(device)
    for batch in batches:
        photo = _measured(_photo(batch).to(device), "photo", protocol)
        colours.update(photo, batch.labels.to(device))
    return colours.compute()


@torch.inference_mode()
def evaluate(
    pairs: Iterable[tuple[Tensor, Batch]],
    metrics: MetricSet,
    protocol: Protocol,
    scale: Scale | None = None,
    remembered: Features | None = None,
    label_set: LabelSet | None = None,
) -> Evaluation:
    """The figures of generated pictures that `metrics` names, with the scale's rows where one is given.

    `pairs`: generated pictures (B, 3, H, W) in [-1, 1] with the batch they were generated from, wrapped in a
    progress bar or not; consumed once, and no picture is kept. Pictures and photos are rounded to 8 bits
    first where the protocol says "png"; the null model's colours, which no file holds, stay unrounded. Each
    row also says its number of `images`. See `protocol.metric_name` for the figures' full names.
    `remembered`: the metrics' features where those of photos and of the null model, which no training
    changes, are kept from one evaluation to the next. `label_set`: the classes, where colours are to be
    compared class by class. Under several processes each gives its share of the
    pairs, and all get the figures of the whole.

    Raises ValueError for batches without photos, pictures that differ in size from their photos or are out of
    range, fewer pictures than a figure takes, or another number of them than the protocol says.
    """
    device = metrics.device
    reference = remembered or metrics.features
    classes = None if label_set is None else len(label_set)
    model = MetricAccumulator(metrics, metrics.features, num_classes=classes)
    photos = MetricAccumulator(metrics, reference, compared=False)
    mean_colour_baseline = MetricAccumulator(metrics, reference, num_classes=classes)
    scores: dict[str, dict[str, float]] = {}
    for generated, batch in pairs:
        check_pairs(generated, _photo(batch))
        photo, labels = _measured(_photo(batch).to(device), "photo", protocol), batch.labels.to(device)
        model.update(_measured(generated.to(device), "generated", protocol), photo, labels)
        for name, values in model.latest().items():
            for picture, value in zip(batch.names, values, strict=True):
                scores.setdefault(picture, {})[name] = value
        photos.update(photo, photo, labels)
        if scale is not None:
            mean_colour_baseline.update(paint(scale.colours, labels), photo, labels)
    found = photos.images()
    if found != protocol.count:
        raise ValueError(
            f"{found} pictures were measured where the protocol says {protocol.count};"
            " a figure's name carries its count: state the number that is measured"
        )
    real = photos.picture_set()
    rows, shown = {"model": model.compute(real)}, {"model": model, "real_photos": photos}
    if scale is not None:
        rows["mean_colour_baseline"] = mean_colour_baseline.compute(real)
        shown["mean_colour_baseline"] = mean_colour_baseline
        if scale.train is not None and real is not None:
            images = scale.train.gaussian.images
            figures = metrics.allowed_by(images).set_figures(scale.train, real)
            rows["real_train"] = {"images": float(images), **figures}
    colours: Rows = {}
    if label_set is not None:
        painted = {row: of for row, of in shown.items() if row != "real_photos"}
        colours = {row: of.colour_errors(label_set.names) for row, of in painted.items()}
    if metrics.segmenter is None:
        return Evaluation(rows, colour_errors=colours, scores=scores)
    rows["real_photos"] = photos.compute(None)
    found_in = metrics.segmenter.label_set
    ious = {row: class_ious(of.counts(), found_in) for row, of in shown.items()}
    return Evaluation(rows, ious, colours, scores)


def _photo(batch: Batch) -> Tensor:
    if batch.photo is None:
        raise ValueError(
            f"no photo for {batch.names[0]}; without photos there are no metrics: give their folder"
        )
    return batch.photo


def _measured(pictures: Tensor, what: str, protocol: Protocol) -> Tensor:
    check_pictures(pictures, what)
    return quantise(pictures) if protocol.pictures == "png" else pictures.float()
