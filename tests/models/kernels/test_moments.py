"""Maps by their moments, and the gradient through them: the equation as it is written."""

import pytest
import torch
from torch import Tensor

from models.kernels.standardise import EPS, Moments

LAYOUTS = pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
CONSTANT = pytest.mark.parametrize("constant", [False, True])


def moments_of(x: Tensor, constant: bool) -> Moments:
    """Of the maps themselves, in float32 at least, or others."""
    wide = x.detach().to(torch.promote_types(x.dtype, torch.float32))
    variance, mean = torch.var_mean(wide, (0, 2, 3), correction=0)
    return Moments(mean - 1, variance * 2, constant) if constant else Moments(mean, variance, constant)


def as_written(x: Tensor, moments: Moments) -> Tensor:
    if moments.constant:
        mean, variance = (part.to(x.dtype)[:, None, None] for part in (moments.mean, moments.variance))
    else:
        variance, mean = torch.var_mean(x, (0, 2, 3), correction=0, keepdim=True)
    return (x - mean) / torch.sqrt(variance + EPS)


@LAYOUTS
@CONSTANT
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-5), (torch.bfloat16, 2**-6)]
)
def test_value_and_gradient(
    constant: bool, dtype: torch.dtype, tolerance: float, layout: torch.memory_format
) -> None:
    torch.manual_seed(0)
    x = (3 * torch.randn(2, 5, 7, 4, dtype=torch.float64) + 20).to(dtype).to(memory_format=layout)
    along = torch.randn(2, 5, 7, 4, dtype=torch.float64).to(dtype).to(memory_format=layout)
    moments = moments_of(x, constant)
    exact = x.double().requires_grad_()
    wanted = as_written(exact, moments)
    (gradient,) = torch.autograd.grad((wanted * along.double()).sum(), exact)
    found, ours = moments.standardise(x), moments.gradient(along, x)
    for mine, theirs in ((found, wanted.detach()), (ours, gradient)):
        assert mine.dtype is dtype and mine.is_contiguous(memory_format=layout)
        assert (mine.double() - theirs).abs().max() < tolerance * theirs.abs().max()


@LAYOUTS
def test_bf16_means_are_not_rounded(layout: torch.memory_format) -> None:
    """Gradients sum to 0 but for their own rounding (2^-8 of each entry), however far their mean is."""
    torch.manual_seed(0)
    x = torch.randn(2, 8, 16, 16).bfloat16().to(memory_format=layout)
    to_z = (10 + 0.1 * torch.randn(x.shape)).bfloat16().to(memory_format=layout)
    to_x = moments_of(x, constant=False).gradient(to_z, x).double()
    assert (to_x.sum((0, 2, 3)).abs() < 2**-8 * to_x.abs().sum((0, 2, 3))).all()
