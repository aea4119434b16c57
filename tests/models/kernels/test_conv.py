"""Convolutions with a weight gradient of another form: torch's own numbers."""

import pytest
import torch
import torch.nn.functional as F

from models.kernels import conv as conv_file
from models.kernels import conv as few_positions
from models.kernels.conv import Conv2d


@pytest.fixture(autouse=True)
def _slow_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a processor without AVX-512, whatever this one has."""
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")


@pytest.mark.parametrize(("kernel_size", "stride", "padding"), [(3, 1, 1), (4, 2, 2), (1, 1, 0)])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("few", [0, 1000], ids=["another layout", "a product"])
def test_gradients_are_those_of_torch(
    kernel_size: int, stride: int, padding: int, bias: bool, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    monkeypatch.setattr(few_positions, "FEW_POSITIONS", few)
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


@pytest.mark.parametrize("few", [0, 1000], ids=["another layout", "a product"])
def test_the_gradient_of_a_channels_last_weight_is_channels_last(
    few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is computed: on its way to `.grad` torch would copy one that lies otherwise."""
    monkeypatch.setattr(few_positions, "FEW_POSITIONS", few)
    layer = Conv2d(4, 5, 3, padding=1).to(memory_format=torch.channels_last)
    y = layer(torch.randn(2, 4, 6, 6).to(memory_format=torch.channels_last))
    (gradient,) = torch.autograd.grad(y.sum(), layer.weight)
    assert gradient.stride() == layer.weight.stride() != torch.empty(gradient.shape).stride()


def test_few_positions_under_autocast_are_rounded_once() -> None:
    torch.manual_seed(0)
    layer = Conv2d(16, 8, 3, padding=1).to(memory_format=torch.channels_last)
    x = torch.randn(2, 16, 6, 6).to(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = layer(x)
    assert type(y.grad_fn).__name__ == "_ConvolveBackward" and y.dtype is torch.bfloat16
    y.float().square().sum().backward()
    exact = [tensor.detach().bfloat16().double() for tensor in (x, layer.weight, layer.bias)]
    weight = exact[1].requires_grad_()
    along = 2 * y.detach().double()
    (F.conv2d(exact[0], weight, exact[2], padding=1) * along).sum().backward()
    assert layer.weight.grad is not None and layer.weight.grad.dtype is torch.float32
    torch.testing.assert_close(layer.weight.grad.double(), weight.grad, rtol=2**-7, atol=2**-6)


def test_the_bias_learns_beside_a_weight_that_rests() -> None:
    x = torch.randn(1, 2, 4, 4).to(memory_format=torch.channels_last)
    weight, bias = torch.randn(3, 2, 1, 1), torch.zeros(3, requires_grad=True)
    conv_file.convolve(x, weight, bias, (1, 1), (0, 0)).sum().backward()
    torch.testing.assert_close(bias.grad, torch.full((3,), 16.0))


@pytest.mark.parametrize("why", ["contiguous", "AVX512", "no gradient"])
def test_otherwise_torch_is_left_to_it(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(few_positions, "FEW_POSITIONS", 0)
    layer, x = Conv2d(2, 3, 3), torch.randn(1, 2, 5, 5)
    if why != "contiguous":
        x = x.to(memory_format=torch.channels_last)
    if why == "AVX512":
        monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    with torch.set_grad_enabled(why != "no gradient"):
        assert type(layer(x).grad_fn).__name__ != "_ConvolveBackward"
