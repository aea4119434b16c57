"""From options to data: transforms and loaders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from data.batch import Batch
from data.dataset import PairedDataset
from data.dataset_info import DatasetInfo
from data.loader import eval_loader, train_loader
from data.sampler import StreamSampler
from data.sources.first import First
from data.sources.folder import Folder
from data.sources.shards import Shards
from data.sources.source import Source
from data.transforms import JointTransform
from engine.runtime.distributed import Processes
from engine.runtime.hardware import Hardware
from options.build.sources import READERS, build_source
from options.schema.dataset import DatasetOptions
from options.schema.training import TrainOptions


def build_dataset_info(options: DatasetOptions, source: Source) -> DatasetInfo:
    """What the networks must know of the data set."""
    return DatasetInfo.of(source, edges=getattr(options, "instances", False))


def training_set(options: DatasetOptions, source: Source, seed: int) -> PairedDataset:
    """The training pairs, cropped and mirrored at random."""
    transform = JointTransform(
        options.height, options.width, options.resize, options.resize_to, "random", options.flip
    )
    return PairedDataset(source, transform, seed, options.on_error)


def evaluation_set(options: DatasetOptions, source: Source, on_error: str = "raise") -> PairedDataset:
    """Pairs resized to height x width, neither cropped nor mirrored."""
    return PairedDataset(source, JointTransform(options.height, options.width), on_error=on_error)


def training_batches(
    options: TrainOptions, dataset: PairedDataset, sampler: StreamSampler, hardware: Hardware
) -> Iterator[Batch]:
    """Batches without end, on the device."""
    for batch in train_loader(dataset, sampler, options.hardware.num_workers, hardware.pinned):
        yield batch.to(hardware.device)


def build_sampler(options: TrainOptions, dataset: PairedDataset, processes: Processes) -> StreamSampler:
    """The order in which this process sees the training pairs."""
    return StreamSampler(
        len(dataset),
        options.train.batch_size,
        options.seed,
        rank=processes.rank,
        world_size=processes.count,
        shards=dataset.source.shard_sizes if isinstance(dataset.source, Shards) else None,
        passes=options.train.grad_accum_steps,
    )


def evaluation_batches(
    dataset: PairedDataset, batch: int, workers: int, hardware: Hardware
) -> Iterator[Batch]:
    """Every pair once, in order, on the device."""
    for loaded in eval_loader(dataset, batch, workers, hardware.pinned):
        yield loaded.to(hardware.device)


def sample_batch(options: DatasetOptions, hardware: Hardware, count: int = 4) -> Batch:
    """The pairs whose pictures show how a run comes along: of the val split, where there is one."""
    try:
        source = build_source(options, "val")
    except ValueError:
        source = build_source(options, "train")
    dataset = evaluation_set(options, First(source, count), options.on_error)
    return next(evaluation_batches(dataset, count, 0, hardware))


def split_set(options: DatasetOptions, split: str, count: int | None) -> PairedDataset:
    """A split of a data set, or the first `count` pairs of it.

    Only of the training split are records skipped: figures are of the very pictures they are said to be of.
    """
    source = build_source(options, split)
    on_error: str = options.on_error if split == "train" else "raise"
    return evaluation_set(options, source if count is None else First(source, count), on_error)


def given_set(
    options: DatasetOptions,
    facts: DatasetInfo,
    labels: Path,
    instances: Path | None,
    photos: Path | None,
    count: int | None,
) -> PairedDataset:
    """A person's own label maps at their own size, with ids as the data set's own files store them."""
    label_format = READERS[options.name].label_format(options, facts.label_set)
    source: Source = Folder(labels, photos, instances, label_format)
    if count is not None:
        source = First(source, count)
    return PairedDataset(source, JointTransform(options.height, options.width, resize="none"))
