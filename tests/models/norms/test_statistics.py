"""Standardisation over the axes that the words say."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from models.norms.statistics import STATISTICS, BatchStatistics, SyncBatchStatistics
from tests.references import norms as reference

FORMATS = [torch.contiguous_format, torch.channels_last]


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("word", STATISTICS)
def test_agrees_with_its_equation(word: str) -> None:
    x = 3 * torch.randn(3, 4, 5, 2, dtype=torch.float64) + 2
    expected = torch.from_numpy(reference.standardise(x.numpy(), word))
    assert torch.allclose(STATISTICS[word](4).double()(x), expected, atol=1e-12)


@pytest.mark.parametrize("word", STATISTICS)
def test_gradients_agree_with_finite_differences(word: str) -> None:
    x = torch.randn(2, 2, 3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(STATISTICS[word](2).double(), (x,))


@pytest.mark.parametrize("memory_format", FORMATS)
@pytest.mark.parametrize("word", STATISTICS)
def test_loses_no_digits_where_the_mean_is_large(word: str, memory_format: torch.memory_format) -> None:
    x = (torch.randn(2, 8, 64, 64) + 100).contiguous(memory_format=memory_format).requires_grad_()
    cotangent = torch.randn_like(x)
    exact = x.detach().double().requires_grad_()
    results = []
    for values in (x, exact):
        y = STATISTICS[word](8).to(values.dtype)(values)
        y.backward(cotangent.to(values.dtype))
        results.append((y.detach().double(), values.grad.double()))
    # A mean of 100 deviations leaves float32 about 1e-5 of a deviation.
    assert torch.allclose(results[0][0], results[1][0], atol=5e-4)
    assert torch.allclose(results[0][1], results[1][1], atol=5e-4)


@pytest.mark.parametrize("make", [BatchStatistics, SyncBatchStatistics])
def test_running_averages_are_those_of_torch(make: type[BatchStatistics]) -> None:
    ours, theirs = make(4), nn.BatchNorm2d(4, affine=False)
    for _ in range(3):
        x = 3 * torch.randn(3, 4, 5, 2) + 2
        assert torch.allclose(ours(x), theirs(x), atol=1e-6)
    assert torch.allclose(ours.running_mean, theirs.running_mean, atol=1e-6)
    assert torch.allclose(ours.running_var, theirs.running_var, atol=1e-6)
    x = torch.randn(1, 4, 5, 2)
    assert torch.allclose(ours.eval()(x), theirs.eval()(x), atol=1e-6)


@pytest.mark.parametrize("word", ["instance", "layer"])
def test_a_sample_does_not_depend_on_its_batch(word: str) -> None:
    x = torch.randn(3, 4, 5, 2, dtype=torch.float64)
    standardise = STATISTICS[word](4)
    assert torch.allclose(standardise(x)[1:2], standardise(x[1:2]), atol=1e-12)


def test_instance_statistics_of_one_pixel_are_refused() -> None:
    with pytest.raises(ValueError, match="one pixel"):
        STATISTICS["instance"](4)(torch.randn(2, 4, 1, 1))
