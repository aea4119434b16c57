"""All that knows of several processes: ranks, sums over them, and what only one of them does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn

from engine.runtime.hardware import distributed_backend

Value = TypeVar("Value")


@dataclass(frozen=True)
class Processes:
    """This process among all: `rank` of `count`."""

    rank: int
    count: int
    control: dist.ProcessGroup | None = None  # on the host, so that agreeing never waits for a device

    @property
    def is_main(self) -> bool:
        """Whether this process writes files and prints."""
        return self.rank == 0


@contextmanager
def join_processes(device: torch.device, timeout_minutes: float = 30) -> Iterator[Processes]:
    """Joins the processes that torchrun started; alone where it did not."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Processes(rank=0, count=1)
        return
    timeout = timedelta(minutes=timeout_minutes)
    store, rank, _ = next(dist.rendezvous("env://", timeout=timeout))
    if os.environ.get("GROUP_WORLD_SIZE", "1") == "1":
        # torchrun keeps one store for all restarts of a node, with the addresses of processes that died.
        # Several nodes each count their own restarts; they have a new store for each round (scripts/launch).
        store = dist.PrefixStore(f"restart {os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", store)
    backend = distributed_backend(device)
    dist.init_process_group(backend, store=store, rank=rank, world_size=count, timeout=timeout)
    control = dist.new_group(backend="gloo")
    assert isinstance(control, dist.ProcessGroup), "every process is in the group of all"
    try:
        yield Processes(dist.get_rank(), count, control)
    finally:
        dist.destroy_process_group()


def average_gradients(network: nn.Module, processes: Processes) -> None:
    """Averages the gradients of a network's parameters over processes, in place; all call it together.

    Unlike with DistributedDataParallel's hooks, an objective may run its network any number of times, and a
    part at rest may get no gradient. A NaN of one process reaches all.
    """
    gradients = [weight.grad for weight in network.parameters() if weight.grad is not None]
    if not gradients:
        return
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    parts = (flat / processes.count).split([gradient.numel() for gradient in gradients])
    torch._foreach_copy_(gradients, [part.view_as(gradient) for part, gradient in zip(parts, gradients)])


def mean_over_processes(values: dict[str, Tensor], processes: Processes) -> dict[str, Tensor]:
    """Scalars averaged over processes: those of one process with the whole batch."""
    if processes.count == 1:
        return values
    stacked = torch.stack([value.detach().float() for value in values.values()])
    dist.all_reduce(stacked, op=dist.ReduceOp.SUM)
    return dict(zip(values, stacked / processes.count, strict=True))


def gather(value: Value, processes: Processes) -> list[Value]:
    """The values of all processes, in the order of their ranks; all call it together."""
    if processes.count == 1:
        return [value]
    gathered: list[Value | None] = [None] * processes.count
    dist.all_gather_object(gathered, value, group=processes.control)
    return cast("list[Value]", gathered)


def largest(values: list[float], processes: Processes) -> list[float]:
    """The largest of each value over processes, so that all decide alike."""
    if processes.count == 1:
        return values
    agreed = torch.tensor(values, dtype=torch.float64)
    dist.all_reduce(agreed, op=dist.ReduceOp.MAX, group=processes.control)
    return [float(value) for value in agreed]
