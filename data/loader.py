"""Batches from a data set, read ahead by worker processes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch.utils.data import DataLoader
from tqdm import tqdm

from data.batch import Batch, Sample, collate
from data.dataset import BadRecords, PairedDataset, Replacement, Unreadable
from data.parallel import ignore_interrupts
from data.sampler import Position, StreamSampler


def warn_above_bars(line: str) -> None:
    """Prints a line on standard error, above progress bars."""
    tqdm.write(line, file=sys.stderr)


def train_loader(
    dataset: PairedDataset,
    sampler: StreamSampler,
    workers: int = 0,
    pin_memory: bool = False,
    warn: Callable[[str], None] = warn_above_bars,
) -> Iterator[Batch]:
    """Yields this process's part of one batch after another, without end, from where `sampler` stands.

    `workers` processes read ahead and live as long as the iterator; 0 reads in this process. `pin_memory`
    speeds the copy to a GPU up. Nothing is read before the first batch is asked for, so the sampler may still
    be resumed after this call. `warn` is called once for each record that is skipped. Raises ValueError where
    a record cannot be read and is not to be skipped, or where more than 1 % are skipped.
    """
    bad_records = BadRecords(len(dataset), warn)
    for batch, failed in _read(dataset, sampler, workers, pin_memory):
        for record in failed:
            bad_records.add(record)
        sampler.images_seen += sampler.batch_size
        yield batch


def eval_loader(
    dataset: PairedDataset,
    batch_size: int,
    workers: int = 0,
    pin_memory: bool = False,
    warn: Callable[[str], None] = warn_above_bars,
) -> Iterator[Batch]:
    """Yields every sample once, in order; the last batch may be shorter.

    Raises ValueError where a record cannot be read and is not to be skipped, or where samples in a batch
    differ in size.
    """
    indices = range(len(dataset))
    batches = (  # as they are needed: a list of all would be copied into every worker
        [Position(0, index) for index in indices[first : first + batch_size]]
        for first in range(0, len(dataset), batch_size)
    )
    for batch, failed in _read(dataset, batches, workers, pin_memory):
        for record in failed:
            warn(f"skipped: {record.message}")
        yield batch


class Loaded(NamedTuple):
    """A batch, and the records that could not be read and were replaced in it."""

    batch: Batch
    failed: list[Unreadable]


def _read(
    dataset: PairedDataset, batches: Iterable[list[Position]], workers: int, pin_memory: bool
) -> Iterator[Loaded]:
    # A worker runs torch on one thread: DataLoader sees to that.
    loader: DataLoader[Sample | Unreadable | Replacement] = DataLoader(
        dataset,
        batch_sampler=batches,
        num_workers=workers,
        collate_fn=collate_readable,
        pin_memory=pin_memory,
        worker_init_fn=ignore_interrupts,
        generator=torch.Generator(),  # its own: the workers' seeds would be drawn from the global one
    )
    for loaded in loader:
        if isinstance(loaded, Unreadable):
            raise ValueError(loaded.message)
        yield loaded


def collate_readable(samples: Sequence[Sample | Unreadable | Replacement]) -> Loaded | Unreadable:
    """Stacks samples into a batch; returns what is wrong if one is unreadable or they differ in size."""
    readable: list[Sample] = []
    failed: list[Unreadable] = []
    for sample in samples:
        if isinstance(sample, Unreadable):
            return sample
        if isinstance(sample, Replacement):
            failed.extend(sample.failed)
            sample = sample.sample
        readable.append(sample)
    first = readable[0]
    for sample in readable:
        if sample.labels.shape != first.labels.shape:
            return Unreadable(
                -1,
                f"height and width of {first.name} are {tuple(first.labels.shape)}, of {sample.name} "
                f"{tuple(sample.labels.shape)}: the pictures of a batch have one size; "
                "resize to a fixed size, crop, or set the batch size to 1",
            )
    return Loaded(collate(readable), failed)
