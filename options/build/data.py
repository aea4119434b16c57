"""From options to data: sources, transforms and loaders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from data.batch import Batch
from data.dataset import PairedDataset
from data.dataset_info import DatasetInfo
from data.loader import eval_loader, train_loader
from data.sampler import StreamSampler
from data.sources import READERS
from data.sources.folder import AUTO, Folder, count_classes
from data.sources.label_format import LabelFormat
from data.sources.source import LabelSet, Source, Subset
from data.transforms import JointTransform
from engine.runtime.distributed import Processes
from engine.runtime.hardware import Hardware
from options.build import construct
from options.schema.dataset import DatasetOptions, FolderOptions
from options.schema.training import TrainOptions


def resolve_dataset(options: DatasetOptions, log: Callable[[str], None]) -> None:
    """Replaces num_classes=auto by the number that the files hold, and logs what it was read from."""
    if isinstance(options, FolderOptions) and options.num_classes == AUTO:
        options.num_classes, source = construct(count_classes, options)
        log(f"dataset.num_classes=auto: {options.num_classes} classes, {source}")


def build_source(options: DatasetOptions, split: str) -> Source:
    """A split of the data set."""
    return construct(READERS[options.name].open, options, split=split)


def build_label_format(options: DatasetOptions, label_set: LabelSet) -> LabelFormat:
    """How the data set's files store the classes of a run."""
    stored = READERS[options.name].label_format
    return construct(stored, options, label_set=label_set) if callable(stored) else stored


def training_set(options: DatasetOptions, source: Source, seed: int) -> PairedDataset:
    """The training pairs, cropped and mirrored at random."""
    return PairedDataset(source, construct(JointTransform, options, crop=True), seed, options.on_error)


def evaluation_set(options: DatasetOptions, source: Source, on_error: str = "raise") -> PairedDataset:
    """Pairs resized to height x width, neither cropped nor mirrored."""
    return PairedDataset(source, JointTransform(options.height, options.width), on_error=on_error)


def build_sampler(options: TrainOptions, dataset: PairedDataset, processes: Processes) -> StreamSampler:
    """The order in which this process sees the training pairs."""
    return StreamSampler(
        len(dataset), options.train.batch_size, options.seed, processes.rank, processes.count,
        shards=getattr(dataset.source, "shard_sizes", None), passes=options.train.grad_accum_steps,
    )  # fmt: skip


def training_batches(
    dataset: PairedDataset, sampler: StreamSampler, workers: int, hardware: Hardware
) -> Iterator[Batch]:
    """Batches without end, on the device."""
    batches = train_loader(dataset, sampler, workers, hardware.pinned)
    return map(partial(Batch.to, device=hardware.device), batches)


def evaluation_batches(
    dataset: PairedDataset, batch: int, workers: int, hardware: Hardware
) -> Iterator[Batch]:
    """Every pair once, in order, on the device."""
    batches = eval_loader(dataset, batch, workers, hardware.pinned)
    return map(partial(Batch.to, device=hardware.device), batches)


def sample_batch(options: DatasetOptions, hardware: Hardware, count: int = 4) -> Batch:
    """The pairs that show the progress of a run: of the val split, or of train where there is none."""
    try:
        source = build_source(options, "val")
    except ValueError:
        source = build_source(options, "train")
    dataset = evaluation_set(options, Subset.first(source, count), options.on_error)
    return next(evaluation_batches(dataset, count, 0, hardware))


def split_set(options: DatasetOptions, split: str, count: int | None) -> PairedDataset:
    """A split of a data set, or the first `count` pairs of it.

    Records are skipped in the training split only: metrics are of exactly the images that they name.
    """
    source = build_source(options, split)
    on_error = options.on_error if split == "train" else "raise"
    return evaluation_set(options, source if count is None else Subset.first(source, count), on_error)


def given_set(
    options: DatasetOptions,
    info: DatasetInfo,
    labels: Path,
    instances: Path | None,
    photos: Path | None,
    count: int | None,
) -> PairedDataset:
    """Users' own label maps at their own size, with ids as the data set's own files store them."""
    source: Source = Folder(labels, photos, instances, build_label_format(options, info.label_set))
    if count is not None:
        source = Subset.first(source, count)
    return PairedDataset(source, JointTransform(options.height, options.width, resize="none"))
