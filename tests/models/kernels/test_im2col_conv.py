"""Convolutions as plain products: torch's own numbers."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from models.kernels import conv as few_positions
from models.kernels.conv import Conv2d

SIZES = [((3, 3), (1, 1)), ((1, 1), (0, 0)), ((4, 4), (2, 2)), ((3, 5), (0, 1)), ((3, 3), (2, 0))]


def maps(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(*shape, dtype=dtype).to(memory_format=torch.channels_last)


@pytest.mark.parametrize(("kernel", "padding"), SIZES)
@pytest.mark.parametrize("biased", [False, True])
def test_maps_and_gradients(kernel: tuple[int, int], padding: tuple[int, int], biased: bool) -> None:
    torch.manual_seed(0)
    x, weight = maps(2, 3, 6, 5).requires_grad_(), maps(4, 3, *kernel).requires_grad_()
    bias = torch.randn(4, dtype=torch.float64) if biased else None
    wanted = F.conv2d(x, weight, bias, padding=padding)
    found = few_positions.im2col_maps(x.detach(), weight.detach(), bias, padding)
    torch.testing.assert_close(found, wanted.detach())
    along = torch.randn_like(wanted)
    to_x, to_weight = torch.autograd.grad((wanted * along).sum(), [x, weight])
    ours_x = few_positions.im2col_input_gradient(along, x.detach(), weight.detach(), padding)
    ours_weight = few_positions.im2col_weight_gradient(along, x.detach(), weight.shape[2:], padding)
    torch.testing.assert_close(ours_x, to_x)
    torch.testing.assert_close(ours_weight, to_weight)
    for lies in (found, ours_x, ours_weight):
        assert lies.is_contiguous(memory_format=torch.channels_last)


def test_an_input_gradient_in_bf16_is_summed_in_float32() -> None:
    """A one and eight numbers below half of its last digit: a narrow sum would lose those after it."""
    gradient, weight = maps(1, 1, 8, 8, dtype=torch.bfloat16).fill_(1), torch.full((1, 1, 3, 3), 2.0**-9)
    weight[..., 1, 1] = 1
    to_x = few_positions.im2col_input_gradient(gradient, gradient, weight.bfloat16(), (1, 1))
    assert to_x.dtype is torch.bfloat16 and to_x[0, 0, 4, 4] == 1 + 2**-6


@pytest.mark.parametrize("fast", [True, False])
def test_products_are_taken_where_the_processor_is_fast_in_them(
    fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(few_positions, "multiplies_bf16", lambda: fast)
    monkeypatch.setattr(few_positions, "is_intel", lambda: fast)
    for dtype, width, stride, few in (
        (torch.bfloat16, 16, (1, 1), True),  # 2 x 8 x 16 positions
        (torch.bfloat16, 17, (1, 1), False),
        (torch.bfloat16, 4, (2, 2), False),
        (torch.float32, 4, (1, 1), True),
        (torch.float32, 5, (1, 1), False),
        (torch.float64, 4, (1, 1), False),
    ):
        x, weight = maps(2, 3, 8, width, dtype=dtype), maps(4, 3, 3, 3, dtype=dtype)
        assert few_positions.is_product(x, weight, stride) is (few and fast)
        assert not few_positions.is_product(x, weight.contiguous(), stride)


@pytest.mark.parametrize("learning", [True, False])
def test_a_layer_in_bf16_takes_them(learning: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(few_positions, "multiplies_bf16", lambda: True)
    torch.manual_seed(0)
    layer = Conv2d(8, 6, 3, padding=1).to(memory_format=torch.channels_last).train(learning)
    x = maps(2, 8, 5, 4, dtype=torch.float32).requires_grad_(learning)
    calls = []
    taken = few_positions.im2col_maps
    monkeypatch.setattr(few_positions, "im2col_maps", lambda *given: calls.append(1) or taken(*given))
    with torch.autocast("cpu", torch.bfloat16), torch.set_grad_enabled(learning):
        y = layer(x)
    assert calls and y.dtype is torch.bfloat16
    wanted = F.conv2d(x, layer.weight, layer.bias, padding=1)
    torch.testing.assert_close(y.float(), wanted, rtol=2e-2, atol=2e-2)
    if learning:
        along = torch.randn_like(wanted)
        inputs = [x, layer.weight, layer.bias]
        ours = torch.autograd.grad((y.float() * along).sum(), inputs)
        for found, exact in zip(ours, torch.autograd.grad((wanted * along).sum(), inputs), strict=True):
            assert (found - exact).abs().max() < 0.02 * exact.abs().max()
