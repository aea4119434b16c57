"""Convolutions with a weight gradient in another layout: torch's own numbers."""

import pytest
import torch
import torch.nn.functional as F

from models.layers import conv as conv_file
from models.layers.conv import Conv2d


@pytest.fixture(autouse=True)
def _slow_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a processor without AVX-512, whatever this one has."""
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")


@pytest.mark.parametrize(("kernel_size", "stride", "padding"), [(3, 1, 1), (4, 2, 2), (1, 1, 0)])
@pytest.mark.parametrize("bias", [False, True])
def test_gradients_are_those_of_torch(kernel_size: int, stride: int, padding: int, bias: bool) -> None:
    torch.manual_seed(0)
    layer = Conv2d(3, 5, kernel_size, stride, padding, bias=bias).double()
    layer.to(memory_format=torch.channels_last)
    x = torch.randn(2, 3, 9, 8, dtype=torch.float64).to(memory_format=torch.channels_last).requires_grad_()
    y = layer(x)
    assert type(y.grad_fn).__name__ == "_ConvolveBackward", "the layout's own path was not taken"
    expected = F.conv2d(x, layer.weight, layer.bias, stride, padding)
    torch.testing.assert_close(y, expected)
    along = torch.randn_like(y)
    inputs = [x, *layer.parameters()]
    gradients = torch.autograd.grad((y * along).sum(), inputs)
    for found, wanted in zip(gradients, torch.autograd.grad((expected * along).sum(), inputs), strict=True):
        torch.testing.assert_close(found, wanted)


def test_the_bias_learns_beside_a_weight_that_rests() -> None:
    x = torch.randn(1, 2, 4, 4).to(memory_format=torch.channels_last)
    weight, bias = torch.randn(3, 2, 1, 1), torch.zeros(3, requires_grad=True)
    conv_file.convolve(x, weight, bias, (1, 1), (0, 0)).sum().backward()
    torch.testing.assert_close(bias.grad, torch.full((3,), 16.0))


@pytest.mark.parametrize("why", ["contiguous", "AVX512", "no gradient"])
def test_otherwise_torch_is_left_to_it(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    layer, x = Conv2d(2, 3, 3), torch.randn(1, 2, 5, 5)
    if why != "contiguous":
        x = x.to(memory_format=torch.channels_last)
    if why == "AVX512":
        monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    with torch.set_grad_enabled(why != "no gradient"):
        assert type(layer(x).grad_fn).__name__ != "_ConvolveBackward"
