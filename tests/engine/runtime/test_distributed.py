"""Two gloo processes: each half of a batch, the same gradients, weights and curves as one with the whole."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
import torch.multiprocessing as mp
from torch import Tensor

from data.batch import Batch
from engine.checkpoint.checkpoint_paths import latest_images, state_file
from engine.checkpoint.serialization import read_state
from engine.ema import ExponentialMovingAverage
from engine.run_log import read_log
from engine.runtime.distributed import Processes, gather, join_processes, largest, mean_over_processes
from engine.runtime.hardware import select_hardware
from engine.schedules import CoarseToFine
from options.build.training import build_training
from tests.engine.test_coarse_to_fine import ENHANCED, ENHANCER, GLOBAL
from tests.engine.tiny_step import gradients_of, tiny_batch, tiny_step
from tests.test_train_and_generate import assert_same
from tests.tiny import tiny_options, tiny_words
from tests.verbs import Started, finish

BATCH = 4
RUN = (
    f"train.batch_size={BATCH}", "train.log_every_images=4", "norm.statistics=sync_batch",
    "optimizer.lr_decay_start=1",
)  # fmt: skip
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2")

Results = dict[str, dict[str, Tensor]]


@contextmanager
def double_precision() -> Iterator[None]:
    """Networks and images in float64: in float32 a number near a kink of ReLU has one slope or the other."""
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


@double_precision()
def one_step(processes: Processes) -> Results:
    """A step on this process's part of a batch: losses, gradients of both networks, running statistics."""
    step = tiny_step("norm.statistics=sync_batch", processes=processes)
    part = part_of(tiny_batch(count=BATCH, height=64, width=64), processes)
    gradients = gradients_of(step)
    losses = mean_over_processes(step(part, seed=0), processes)
    return {
        "losses": losses,
        "gradients": gradients,
        "statistics": {name: b for name, b in step.G.named_buffers() if "running" in name},
    }


@double_precision()
def coarse_to_fine(processes: Processes) -> Results:
    """All weights after two steps in each phase of a local enhancer: not all parameters get gradients."""
    step = tiny_step(*ENHANCED, processes=processes)
    phases = CoarseToFine(step.G, ExponentialMovingAverage(step.G, 1, 1.0).network)
    for index, images in enumerate((0, 0, GLOBAL, GLOBAL, GLOBAL + ENHANCER, GLOBAL + ENHANCER)):
        phases.enter(images)
        step(part_of(tiny_batch(index, count=BATCH), processes), seed=0)
    return {"coarse to fine": {name: value.detach() for name, value in step.G.named_parameters()}}


def part_of(whole: Batch, processes: Processes) -> Batch:
    """This process's part of a batch."""
    first, end = (rank * BATCH // processes.count for rank in (processes.rank, processes.rank + 1))
    return Batch(
        whole.photo[first:end],
        whole.labels[first:end],
        whole.instances[first:end],
        whole.style_id[first:end],
        whole.names[first:end],
    )


def whole_run(run: Path, processes: Processes, ends: tuple[int, ...] = (8,)) -> dict[str, Tensor]:
    """All weights after a short run, resumed after the images in `ends`."""
    hardware = select_hardware("cpu", "float32", True)
    for images in ends:
        trainer = build_training(tiny_options(*RUN, f"train.images={images}"), run, hardware, processes)
        assert trainer.run() is False
        trainer.hooks.save()
        trainer.hooks.close()
    parts = {"G": trainer.step.G, "D": trainer.step.D, "ema": trainer.ema}
    states = {part: network.state_dict() for part, network in parts.items()}
    return {f"{part} {name}": value for part, state in states.items() for name, value in state.items()}


def process(rank: int, folder: str) -> None:
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_RANK": str(rank)}
    torch.set_num_threads(1)
    with join_processes(torch.device("cpu"), timeout_minutes=10) as processes:
        assert (processes.rank, processes.count, processes.is_main) == (rank, 2, rank == 0)
        assert largest([float(rank), -float(rank), 3.0], processes) == [1.0, 0.0, 3.0]
        means = mean_over_processes({"a": torch.tensor(1.0 + rank), "b": torch.tensor(2 * rank)}, processes)
        assert {name: value.item() for name, value in means.items()} == {"a": 1.5, "b": 1.0}
        assert gather(f"of {rank}", processes) == ["of 0", "of 1"]
        results = one_step(processes) | coarse_to_fine(processes)
        results |= {"weights": whole_run(Path(folder) / "two", processes)}
        results |= {"weights, resumed": whole_run(Path(folder) / "parts", processes, ends=(4, 8))}
        torch.save(results, f"{folder}/{rank}.pt")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of two processes and of one."""
    folder = tmp_path_factory.mktemp("processes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MASTER_ADDR", "127.0.0.1")
        patch.setenv("MASTER_PORT", str(free_port()))
        mp.spawn(process, (str(folder),), nprocs=2)
    alone = Processes(rank=0, count=1)
    results = one_step(alone) | coarse_to_fine(alone)
    torch.save(results | {"weights": whole_run(folder / "one", alone)}, folder / "one.pt")
    return folder


@pytest.mark.parametrize("what", ["losses", "gradients", "statistics", "coarse to fine"])
def test_a_step_is_that_of_one_process_with_the_whole_batch(what: str, folder: Path) -> None:
    """In float64, but that losses are averaged in float32."""
    first, second, one = (loaded(folder, name)[what] for name in ("0", "1", "one"))
    tolerance = 1e-6 if what == "losses" else 1e-9
    assert set(one) == set(first) == set(second) and one
    for name, expected in one.items():
        assert torch.equal(first[name], second[name]), name
        scale = max(1.0, expected.abs().max().item())
        torch.testing.assert_close(first[name], expected, atol=tolerance * scale, rtol=0, check_dtype=False)
    assert max(values.abs().max() for values in one.values()) > 0.1, "all vanish: this test shows nothing"


def test_both_end_with_the_same_weights(folder: Path) -> None:
    first, second = (loaded(folder, name)["weights"] for name in ("0", "1"))
    for name, weight in first.items():
        assert torch.equal(weight, second[name]), name
    saved = read_state(state_file(folder / "two", 8))
    for name, weight in first.items():
        part, _, key = name.partition(" ")
        assert torch.equal(saved[part][key], weight), name


def test_a_resumed_run_is_the_uninterrupted_one(folder: Path) -> None:
    """Bit for bit, in both processes and in what is saved."""
    for rank in ("0", "1"):
        results = loaded(folder, rank)
        assert_same(results["weights, resumed"], results["weights"])
    states = [read_state(state_file(folder / name, 8)) for name in ("two", "parts")]
    rows = [read_log(folder / name) for name in ("two", "parts")]
    for timed in (*(state["progress"] for state in states), *rows[0], *rows[1]):
        assert timed.pop("seconds" if "seconds" in timed else "images_per_second") > 0
    assert_same(*states)
    assert_same(*rows)


def test_curves_are_those_of_one_process(folder: Path) -> None:
    """The first row; later ones have moved by signs of gradients, which rounding turns round."""
    two, one = (read_log(folder / name) for name in ("two", "one"))
    assert [row["images"] for row in two] == [row["images"] for row in one] == [4, 8]
    assert set(two[0]) == set(one[0])
    for name in set(one[0]) - {"images_per_second"}:
        assert two[0][name] == pytest.approx(one[0][name], rel=1e-4, abs=1e-5), name


def test_only_the_main_process_writes(folder: Path) -> None:
    assert latest_images(folder / "two") == 8
    assert len(list((folder / "two" / "tensorboard").iterdir())) == 1
    names = {file.name for file in (folder / "two").iterdir()}
    assert names == {file.name for file in (folder / "one").iterdir()}


def loaded(folder: Path, name: str) -> Results:
    return torch.load(folder / f"{name}.pt", weights_only=True)


def test_torchrun_trains(project: Path) -> None:
    """As in the README, in processes of their own."""
    words = tiny_words("name=torchrun", "train.images=8", "train.batch_size=4", "train.log_every_images=4")
    done = finish(Started(project, *TORCHRUN, "train.py", *words))
    assert done.status == 0, done.err
    assert done.out.count("trained on 8 images") == 1
    assert [row["images"] for row in read_log(project / "checkpoints" / "torchrun")] == [4, 8]


def test_a_batch_that_cannot_be_shared_is_refused() -> None:
    options_of_run = tiny_options("train.images=8", "train.batch_size=3")
    with pytest.raises(ValueError, match="divisible"):
        build_training(
            options_of_run,
            Path("unused"),
            select_hardware("cpu", "float32", True),
            Processes(rank=0, count=2),
        )


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
