"""Batches from a data set, read ahead by worker processes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from tqdm import tqdm

from data.batch import Batch, Unreadable, collate
from data.dataset import BadRecords, PairedDataset
from data.parallel import in_processes
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
    for batch, replaced in _read(dataset, sampler, workers, pin_memory):
        for record in replaced:
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
    for batch, replaced in _read(dataset, batches, workers, pin_memory):
        for record in replaced:
            warn(f"skipped: {record.message}")
        yield batch


def _read(
    dataset: PairedDataset, batches: Iterable[list[Position]], workers: int, pin_memory: bool
) -> Iterator[tuple[Batch, list[Unreadable]]]:
    """Batches, each with the records that could not be read and were replaced in it."""
    return in_processes(partial(_load, dataset), batches, workers, pin_memory)


def _load(dataset: PairedDataset, positions: list[Position]) -> tuple[Batch, list[Unreadable]]:
    samples = [dataset[position] for position in positions]
    return collate(samples), [record for sample in samples for record in sample.replaced]
