"""The plain operator of adaptive instance normalisation."""

from __future__ import annotations

import torch

from models.norms import adain
from tests.references import norms as reference


def features(*shape: int) -> torch.Tensor:
    return 3 * torch.randn(shape, dtype=torch.float64) + 2


def test_agrees_with_its_equation() -> None:
    torch.manual_seed(0)
    content, style = features(2, 3, 5, 4), features(2, 3, 6, 7)
    expected = torch.from_numpy(reference.adain(content.numpy(), style.numpy()))
    assert torch.allclose(adain(content, style), expected, atol=1e-12)


def test_of_x_with_itself_is_x() -> None:
    x = features(2, 3, 5, 4)
    assert torch.allclose(adain(x, x), x, atol=1e-12)


def test_gives_the_content_the_moments_of_the_style() -> None:
    content, style = features(2, 3, 50, 40), 5 * features(2, 3, 60, 70) - 20
    result = adain(content, style)
    assert torch.allclose(result.mean((2, 3)), style.mean((2, 3)), atol=1e-9)
    assert torch.allclose(result.std((2, 3), correction=0), style.std((2, 3), correction=0), rtol=1e-5)


def test_keeps_channels_last() -> None:
    content = features(2, 3, 5, 4).contiguous(memory_format=torch.channels_last)
    assert adain(content, features(2, 3, 6, 7)).is_contiguous(memory_format=torch.channels_last)


def test_gradients_agree_with_finite_differences() -> None:
    torch.manual_seed(0)
    content, style = features(2, 2, 3, 2).requires_grad_(), features(2, 2, 2, 3).requires_grad_()
    assert torch.autograd.gradcheck(adain, (content, style))
