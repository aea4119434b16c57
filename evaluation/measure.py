"""Generates and measures a run's images, or measures the pictures of a folder, against photos."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import NamedTuple

from torch import Tensor

from data.batch import Batch
from data.folder_pairs import FolderPairs
from data.sources.source import LabelSet
from engine.progress import ProgressBar
from evaluation.evaluate import Evaluation, evaluate, measure_scale
from evaluation.feature_cache import FeatureCache
from evaluation.gallery import Gallery
from evaluation.interpolation import INTERPOLATIONS, write_interpolation
from evaluation.lpips import LPIPSDiversity
from evaluation.metrics import MetricSet
from evaluation.protocol import Protocol
from inference.generator import LabelMapGenerator
from inference.style_sampling import StyleSampling

Pairs = Iterable[tuple[Tensor, Batch]]
"""Pictures (B, 3, H, W) in [-1, 1] with the batches of their label maps and photos."""


def generate_images(
    batches: Iterable[Batch],
    first: int,
    generator: LabelMapGenerator,
    style_sampling: StyleSampling,
    seed: int,
    gallery: Gallery,
    diversity: LPIPSDiversity | None = None,
    interpolates: bool = False,
) -> Generator[tuple[Tensor, Batch], None, None]:
    """Images, the first of each label map, with the batches they were made from; all are written.

    `first`: the place of the first label map here among those of all processes; `seed`: of their noise;
    `diversity`: measures the samples of each label map against each other, None where it is not measured;
    `interpolates`: whether the samples of a label map lead from one style, or noise, to another.
    """
    for batch in batches:
        samples = [
            generator.pictures(batch, style_id, styles, seed, first, z)
            for styles, style_id, z in style_sampling(batch, first)
        ]
        first += len(batch)
        gallery.add(batch, *samples)
        if diversity is not None:
            diversity.update_samples(samples)
        if interpolates:
            for name, *images in zip(batch.names, *samples):
                write_interpolation(gallery.folder / INTERPOLATIONS, name, images)
        yield samples[0], batch


class TrainingPhotos(NamedTuple):
    """The photos that the scale is made from: this process's `batches`, and the `protocol` of all."""

    batches: Iterable[Batch]
    protocol: Protocol


def measure_run(
    generated: Pairs,
    metrics: MetricSet,
    protocol: Protocol,
    label_set: LabelSet,
    train: TrainingPhotos | None,
    cache: FeatureCache,
) -> Evaluation:
    """The metrics of generated images; beside them the scale of training photos, where there are any."""
    scale = None
    if train is not None:
        with cache.of(train.protocol) as features:
            scale = measure_scale(train.batches, len(label_set), metrics, protocol, features)
    with cache.of(protocol) as features:
        return evaluate(generated, metrics, protocol, scale, features, label_set)


def measure_folders(
    pairs: FolderPairs,
    metrics: MetricSet,
    protocol: Protocol,
    gallery: Gallery | None,
    batch_size: int,
    cache: FeatureCache,
) -> Evaluation:
    """The metrics of a folder's pictures; each process reads its part of the pairs.

    `gallery`: where label maps, with their classes, and pictures are written; None without label maps. With
    label maps, the mean-colour baseline has the mean colours of the measured photos themselves.

    Raises ValueError where there are fewer pairs than processes.
    """
    processes, count = cache.processes, len(pairs)
    if count < processes.count:
        raise ValueError(f"{count} pictures cannot be divided among {processes.count} processes; start fewer")
    first, end = (count * part // processes.count for part in (processes.rank, processes.rank + 1))
    part, scale, label_set = range(first, end), None, None
    if gallery is not None:
        label_set = gallery.label_set
        photos = ProgressBar(pairs.photos(part, batch_size), "colours", len(part), processes.is_main)
        scale = measure_scale(photos, len(label_set), metrics, protocol, colours_alone=True)

    def written() -> Iterator[tuple[Tensor, Batch]]:
        batches = pairs.batches(part, batch_size)
        for pictures, batch in ProgressBar(batches, "measure", len(part), processes.is_main):
            if gallery is not None:
                gallery.add(batch, pictures)
            yield pictures, batch

    with cache.of(protocol) as features:
        return evaluate(written(), metrics, protocol, scale, features, label_set)
