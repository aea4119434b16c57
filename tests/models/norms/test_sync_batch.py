"""Batch statistics over two processes against one process that has the whole batch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor

from models.condition import Condition
from models.kernels.upsample_norm_act import upsample_norm_act
from models.norms import Spade
from models.norms.statistics import BatchStatistics, SyncBatchStatistics

STEPS = 3
Answers = dict[str, Tensor]


def run(standardise: BatchStatistics, x: Tensor, cotangent: Tensor) -> Answers:
    """A few training steps on shares of the batch, then eval mode; what comes out and the last gradient."""
    for step in range(STEPS):
        values = (x * (step + 1)).detach().requires_grad_()
        y = standardise(values)
        (y * cotangent).sum().backward()
    with torch.no_grad():
        silent = standardise(x)
    evaluated = standardise.eval()(x)
    assert values.grad is not None
    return {
        "output": y.detach(),
        "gradient": values.grad,
        "without gradient": silent,
        "in eval mode": evaluated,
        "running mean": standardise.running_mean,
        "running variance": standardise.running_var,
    }


def batch(dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = 3 * torch.randn(4, 5, 6, 7, dtype=torch.float64, generator=generator) + 20
    return x.to(dtype), torch.randn(4, 5, 6, 7, dtype=torch.float64, generator=generator).to(dtype)


CASES = {
    "equal shares": (2, torch.float64, torch.contiguous_format, 1e-11),
    "unequal shares": (3, torch.float64, torch.channels_last, 1e-11),
    "float32": (1, torch.float32, torch.contiguous_format, 1e-5),
    "bf16": (1, torch.bfloat16, torch.channels_last, 2**-7),
}
"""Samples of the first of two processes (of 4 in all), type, memory format, tolerance."""


def averages_of(dtype: torch.dtype) -> torch.dtype:
    """The type of running averages beside such maps."""
    return torch.promote_types(dtype, torch.float32)


FORMS = [("indexed", "indexed"), ("indexed", "dense"), ("dense", "dense")]
"""In which two processes compute: by their own label maps, so that they may differ."""


def normalised(norm: Spade, samples: slice) -> Answers:
    """A norm on some samples of a batch of label maps (4, 8, 12), its maps up-sampled on the way."""
    generator = torch.Generator().manual_seed(1)
    labels = torch.randint(3, (4, 2, 3), generator=generator).repeat_interleave(4, 1).repeat_interleave(4, 2)
    x = torch.randn(4, 5, 4, 6, dtype=torch.float64, generator=generator) + 3
    cotangent = torch.randn(4, 5, 8, 12, dtype=torch.float64, generator=generator)
    x = x[samples].to(memory_format=torch.channels_last).requires_grad_()
    y = upsample_norm_act(norm, x, Condition(labels[samples]), 0.2, (8, 12))
    (y * cotangent[samples]).sum().backward()
    assert x.grad is not None
    statistics = norm.standardise
    assert isinstance(statistics, BatchStatistics)
    return {
        "output": y.detach(),
        "gradient": x.grad,
        "running mean": statistics.running_mean,
        "running variance": statistics.running_var,
    }


def spade(statistics: type[BatchStatistics], implementation: str) -> Spade:
    torch.manual_seed(0)
    return Spade(5, statistics(5), classes=3, hidden=4, implementation=implementation).double()


def process(rank: int, folder: str) -> None:
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    for forms in FORMS:
        norm = spade(SyncBatchStatistics, forms[rank])
        results = normalised(norm, slice(1) if rank == 0 else slice(1, None))
        torch.save(results, f"{folder}/{' '.join(forms)} {rank}.pt")
    for name, (first_share, dtype, memory_format, _) in CASES.items():
        mine = slice(first_share) if rank == 0 else slice(first_share, None)
        x, cotangent = (values[mine].contiguous(memory_format=memory_format) for values in batch(dtype))
        results = run(SyncBatchStatistics(5).to(averages_of(dtype)), x, cotangent)
        assert results["output"].is_contiguous(memory_format=memory_format)
        torch.save(results, f"{folder}/{name} {rank}.pt")
    x, cotangent = (values[2 * rank : 2 * rank + 2] for values in batch(torch.bfloat16))
    results = run(SyncBatchStatistics(5), x, 10 + cotangent / 10)
    torch.save(results["gradient"], f"{folder}/far mean {rank}.pt")
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two processes answered in every case: one start of two processes, which takes seconds."""
    folder = tmp_path_factory.mktemp("two_processes")
    mp.spawn(process, (str(folder),), nprocs=2)
    return folder


@pytest.mark.parametrize("name", CASES)
def test_two_processes_are_as_one(folder: Path, name: str) -> None:
    shares = [torch.load(folder / f"{name} {rank}.pt", weights_only=True) for rank in range(2)]
    _, dtype, _, tolerance = CASES[name]
    for result, expected in run(BatchStatistics(5).to(averages_of(dtype)), *batch(dtype)).items():
        if result.startswith("running"):
            assert torch.equal(shares[0][result], shares[1][result]), result
            found = shares[0][result]
        else:
            found = torch.cat([share[result] for share in shares])
        scale = max(1.0, expected.abs().max().item())
        assert torch.allclose(found, expected, atol=tolerance * scale, rtol=0), result


def test_bf16_means_are_not_rounded(folder: Path) -> None:
    """Gradients sum to 0 but for their own rounding (2^-8 of each entry), however far their mean is."""
    shares = [torch.load(folder / f"far mean {rank}.pt", weights_only=True) for rank in range(2)]
    gradient = torch.cat(shares).double()
    assert (gradient.sum((0, 2, 3)).abs() < 2**-8 * gradient.abs().sum((0, 2, 3))).all()


@pytest.mark.parametrize("forms", FORMS, ids=" ".join)
def test_processes_may_take_different_forms(folder: Path, forms: tuple[str, str]) -> None:
    shares = [torch.load(folder / f"{' '.join(forms)} {rank}.pt") for rank in range(2)]
    expected = normalised(spade(BatchStatistics, "dense"), slice(None))
    for name in ("output", "gradient"):
        torch.testing.assert_close(torch.cat([share[name] for share in shares]), expected[name])
    for share in shares:
        for name in ("running mean", "running variance"):
            torch.testing.assert_close(share[name], expected[name])
