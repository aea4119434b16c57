"""Batches from a data set, read ahead by worker processes."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator, Sequence

import torch
from torch.utils.data import DataLoader

from data.paired import PairedDataset, Unreadable
from data.sample import Batch, Sample, collate
from data.sampler import Position, StreamSampler


def train_loader(
    dataset: PairedDataset, sampler: StreamSampler, workers: int = 0, pin_memory: bool = False
) -> Iterator[Batch]:
    """Yields this process's share of one batch after another, without end, from where `sampler` stands.

    `workers` processes read ahead and live as long as the iterator; 0 reads in this process.
    `pin_memory` speeds the copy to a GPU up. Nothing is read before the first batch is asked for, so the
    sampler may still be resumed after this call. Raises ValueError where a record cannot be read.
    """
    for batch in _read(dataset, sampler, workers, pin_memory):
        sampler.images_seen += sampler.batch_size
        yield batch


def eval_loader(
    dataset: PairedDataset, batch_size: int, workers: int = 0, pin_memory: bool = False
) -> Iterator[Batch]:
    """Yields every sample once, in order; the last batch may be shorter.

    Raises ValueError where a record cannot be read, or where samples in a batch differ in size.
    """
    positions = [Position(0, index) for index in range(len(dataset))]
    batches = [positions[first : first + batch_size] for first in range(0, len(positions), batch_size)]
    yield from _read(dataset, batches, workers, pin_memory)


def _read(
    dataset: PairedDataset, batches: Iterable[list[Position]], workers: int, pin_memory: bool
) -> Iterator[Batch]:
    # A worker runs torch on one thread: DataLoader sees to that.
    loader: DataLoader[Sample | Unreadable] = DataLoader(
        dataset,
        batch_sampler=batches,
        num_workers=workers,
        collate_fn=collate_readable,
        pin_memory=pin_memory,
        worker_init_fn=leave_interrupts_to_the_main_process,
        generator=torch.Generator(),  # its own: the workers' seeds would be drawn from the global one
    )
    for batch in loader:
        if isinstance(batch, Unreadable):
            raise ValueError(batch.message)
        yield batch


def collate_readable(samples: Sequence[Sample | Unreadable]) -> Batch | Unreadable:
    """Stacks samples into a batch; if one is unreadable or they differ in size, says so instead."""
    readable: list[Sample] = []
    for sample in samples:
        if isinstance(sample, Unreadable):
            return sample
        readable.append(sample)
    first = readable[0]
    for sample in readable:
        if sample.labels.shape != first.labels.shape:
            return Unreadable(
                f"height and width of {first.name} are {tuple(first.labels.shape)}, of {sample.name} "
                f"{tuple(sample.labels.shape)}: the pictures of a batch have one size; "
                "resize to a fixed size, crop, or set the batch size to 1"
            )
    return collate(readable)


def leave_interrupts_to_the_main_process(worker: int) -> None:
    """Ctrl-C reaches every process of the terminal; workers live on while the main process saves."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
