"""Two and four gloo processes are one with the whole batch, over five steps, also where it is accumulated.

In float64: in float32 what rounding does at a ReLU's kink in the first step has grown large by the fifth.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
import torch.multiprocessing as mp
from torch import Tensor

from data.batch import Batch
from engine.runtime.distributed import Processes, join_processes
from models.losses import SegmentationObjective
from tests.engine.runtime.test_distributed import double_precision, free_port
from tests.engine.tiny_step import gradients_of, tiny_batch, tiny_step

BATCH = 8
STEPS = 5
CLASSES = 15
SEGMENTS = ("discriminator=oasis", "discriminator.initial_gain=0.02")


@double_precision()
def five_steps(processes: Processes, passes: int, *words: str) -> dict[str, Tensor]:
    """Weights, last gradients and running statistics."""
    step = tiny_step("norm.statistics=sync_batch", *words, processes=processes)
    if words:
        step.objective = SegmentationObjective(CLASSES, unknown=3)
    step.passes = passes
    gradients = gradients_of(step)
    for index in range(STEPS):
        step(share_of(tiny_batch(index, count=BATCH), processes, passes), seed=0)
    found = {}
    for name, network in (("G", step.G), ("D", step.D)):
        found |= {f"{name} {key}": value.clone() for key, value in network.state_dict().items()}
    return found | {f"{name} gradient": gradient for name, gradient in gradients.items()}


def share_of(whole: Batch, processes: Processes, passes: int) -> Batch:
    """What the sampler gives a process: its share of each part, in turn."""
    parts = [part.split(processes.count)[processes.rank] for part in whole.split(passes)]
    return Batch(
        torch.cat([part.photo for part in parts]),
        torch.cat([part.labels for part in parts]),
        torch.cat([part.instances for part in parts]),
        torch.cat([part.style_id for part in parts]),
        tuple(name for part in parts for name in part.names),
    )


def process(rank: int, count: int, passes: int, folder: str, *words: str) -> None:
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": str(count), "LOCAL_RANK": str(rank)}
    torch.set_num_threads(1)
    with join_processes(torch.device("cpu"), timeout_minutes=10) as processes:
        torch.save(five_steps(processes, passes, *words), f"{folder}/{rank}.pt")


@pytest.mark.slow
@pytest.mark.parametrize(
    "count, passes, words",
    [(2, 1, ()), (4, 1, ()), (2, 2, ()), (4, 2, ()), (2, 1, SEGMENTS), (2, 2, SEGMENTS)],
)
def test_five_steps_are_those_of_one_process(
    count: int, passes: int, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    monkeypatch.setenv("MASTER_PORT", str(free_port()))
    mp.spawn(process, (count, passes, str(tmp_path), *words), nprocs=count)
    one = five_steps(Processes(rank=0, count=1), passes, *words)
    first, *others = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(count))
    for name, expected in one.items():
        assert all(torch.equal(other[name], first[name]) for other in others), name
        scale = max(1.0, expected.abs().max().item())
        torch.testing.assert_close(first[name], expected, atol=1e-10 * scale, rtol=0, msg=name)
