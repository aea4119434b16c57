"""Standardised maps: the equation as it is written, values and gradients."""

import pytest
import torch
from torch import Tensor

from models.kernels.standardise import standardise_samples


def as_written(x: Tensor, across_channels: bool) -> Tensor:
    axes = (1, 2, 3) if across_channels else (2, 3)
    variance, mean = torch.var_mean(x, axes, correction=0, keepdim=True)
    return (x - mean) / torch.sqrt(variance + 1e-5)


@pytest.mark.parametrize("across_channels", [False, True])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("shape", [(2, 5, 7, 4), (1, 3, 1, 2), (3, 1, 6, 1)])
def test_value_and_gradient(
    across_channels: bool, layout: torch.memory_format, shape: tuple[int, ...]
) -> None:
    torch.manual_seed(0)
    x = torch.randn(shape, dtype=torch.float64).add_(3).to(memory_format=layout).requires_grad_()
    found, wanted = standardise_samples(x, across_channels), as_written(x, across_channels)
    torch.testing.assert_close(found, wanted)
    along = torch.randn_like(x)
    (to_x,), (expected,) = (torch.autograd.grad((y * along).sum(), x) for y in (found, wanted))
    torch.testing.assert_close(to_x, expected)


@pytest.mark.parametrize("across_channels", [False, True])
def test_a_far_mean_costs_no_digits(across_channels: bool) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 8, 16, 16).to(memory_format=torch.channels_last) + 300
    wanted = as_written(x.double(), across_channels).float()
    torch.testing.assert_close(standardise_samples(x, across_channels), wanted, atol=1e-4, rtol=0)


@pytest.mark.parametrize("across_channels", [False, True])
def test_bf16_is_rounded_at_the_end(across_channels: bool) -> None:
    torch.manual_seed(0)
    x = (torch.randn(2, 8, 16, 16) + 4).bfloat16().to(memory_format=torch.channels_last).requires_grad_()
    found, wanted = standardise_samples(x, across_channels), as_written(x.detach().double(), across_channels)
    assert found.dtype is torch.bfloat16
    torch.testing.assert_close(found.double(), wanted, rtol=2**-7, atol=1e-6)
    exact = x.detach().double().requires_grad_()
    along = torch.randn(x.shape).bfloat16()
    (found * along).sum().backward()
    (as_written(exact, across_channels) * along.double()).sum().backward()
    assert x.grad is not None and exact.grad is not None
    torch.testing.assert_close(x.grad.double(), exact.grad, atol=2**-5, rtol=2**-6)


@pytest.mark.parametrize("across_channels", [False, True])
def test_bf16_means_are_not_rounded(across_channels: bool) -> None:
    """The input's gradient sums to 0 but for its own rounding (2^-8 of each entry), however far g's mean is.

    The mean in bf16 would be off by up to 2^-5, in every entry alike.
    """
    torch.manual_seed(0)
    x = torch.randn(2, 8, 16, 16).bfloat16().to(memory_format=torch.channels_last).requires_grad_()
    standardise_samples(x, across_channels).backward((10 + 0.1 * torch.randn(x.shape)).bfloat16())
    assert x.grad is not None
    axes, to_x = (1, 2, 3) if across_channels else (2, 3), x.grad.double()
    assert (to_x.sum(axes).abs() < 2**-8 * to_x.abs().sum(axes)).all()
