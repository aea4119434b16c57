"""Generates and measures a run's images, or measures the pictures of a folder, against photos."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True)
class ImageGeneration:
    """How images are made: in which styles, drawn from which `seed`.

    `diversity`: measures the samples of each label map against each other, None where it is not measured;
    `interpolates`: whether the samples of a label map lead from one style to another.
    """

    generator: LabelMapGenerator
    style_sampling: StyleSampling
    seed: int
    diversity: LPIPSDiversity | None = None
    interpolates: bool = False

    def run(
        self, batches: Iterable[Batch], first: int, gallery: Gallery
    ) -> Generator[tuple[Tensor, Batch], None, None]:
        """Images, the first of each label map, with the batches they were made from; all are written.

        `first`: the place of the first label map here among those of all processes.
        """
        for batch in batches:
            samples = [
                self.generator.pictures(batch, style_batch.style_id, style_batch.styles, self.seed, first)
                for style_batch in self.style_sampling(batch, first)
            ]
            first += len(batch)
            gallery.add(batch, *samples)
            if self.diversity is not None:
                self.diversity.update_samples(samples)
            if self.interpolates:
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
    part, scale = range(first, end), None
    label_set = None if gallery is None else gallery.label_set
    if label_set is not None:
        photos = ProgressBar(pairs.photos(part, batch_size), "colours", len(part), processes.is_main)
        scale = measure_scale(photos, len(label_set), metrics, protocol, colours_alone=True)
    batches = ProgressBar(pairs.batches(part, batch_size), "measure", len(part), processes.is_main)
    with cache.of(protocol) as features:
        return evaluate(_written(batches, gallery), metrics, protocol, scale, features, label_set)


def _written(pairs: Pairs, gallery: Gallery | None) -> Iterator[tuple[Tensor, Batch]]:
    """The same pairs; each is written to the gallery where there is one."""
    for pictures, batch in pairs:
        if gallery is not None:
            gallery.add(batch, pictures)
        yield pictures, batch
