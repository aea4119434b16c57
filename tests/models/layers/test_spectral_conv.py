"""A convolution that divides its maps: against the one that divides its weight."""

import pytest
import torch
from torch import nn

from models.kernels import conv as few_positions
from models.layers.spectral_norm import SpectralConv2d, spectral_norm

PATHS = pytest.mark.parametrize(
    ("few", "fast"),
    [(0, False), (1000, False), (1000, True)],
    ids=["convolutions", "a product for the weight", "products for all"],
)
"""How gradients and maps are computed; as convolutions it also depends on layout and processor."""


def take(few: int, fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many positions are few, on a processor that is fast in products or not."""
    for name in ("FEW_POSITIONS", "FEW_POSITIONS_OF_FLOAT32"):
        monkeypatch.setattr(few_positions, name, few)
    for name in ("multiplies_bf16", "is_intel"):
        monkeypatch.setattr(few_positions, name, lambda: fast)


def pair(
    bias: bool, kernel_size: int, layout: torch.memory_format, dtype: torch.dtype
) -> tuple[nn.Module, nn.Module]:
    """Ours and torch's convolution under spectral norm, with the same numbers."""
    torch.manual_seed(0)
    padding = kernel_size // 2
    ours = SpectralConv2d(4, 6, kernel_size, padding=padding, bias=bias)
    plain = spectral_norm(nn.Conv2d(4, 6, kernel_size, padding=padding, bias=bias))
    plain.load_state_dict(ours.state_dict())
    return ours.to(dtype, memory_format=layout), plain.to(dtype, memory_format=layout)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("bias", "kernel_size"), [(True, 3), (False, 1)])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("capability", ["AVX2", "AVX512"])
@pytest.mark.parametrize("few", [0, 1000], ids=["a convolution", "a product"])
def test_the_same_numbers(
    bias: bool,
    kernel_size: int,
    layout: torch.memory_format,
    training: bool,
    capability: str,
    few: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take(few, False, monkeypatch)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    layers = [layer.train(training) for layer in pair(bias, kernel_size, layout, torch.float64)]
    x = torch.randn(2, 4, 6, 5, dtype=torch.float64).to(memory_format=layout)
    along = torch.randn(2, 6, 6, 5, dtype=torch.float64)
    for _ in range(3):  # passes whose vectors move
        found = []
        for layer in layers:
            given = x.clone().requires_grad_()
            y = layer(given)
            found.append([y, *torch.autograd.grad((y * along).sum(), [given, *layer.parameters()])])
        for ours, theirs in zip(*found, strict=True):
            torch.testing.assert_close(ours, theirs)
    for (name, ours), theirs in zip(layers[0].state_dict().items(), layers[1].state_dict().values()):
        assert torch.equal(ours, theirs), name


def test_two_passes_before_their_backward() -> None:
    """As in a step that shows a network two images: each pass is differentiated by its own vectors."""
    ours, plain = pair(True, 3, torch.channels_last, torch.float64)
    x = torch.randn(2, 1, 4, 6, 5, dtype=torch.float64)
    gradients = []
    for layer in (ours, plain):
        total = layer(x[0]).square().sum() + layer(x[1]).square().sum()
        gradients.append(torch.autograd.grad(total, list(layer.parameters())))
    for found, wanted in zip(*gradients, strict=True):
        torch.testing.assert_close(found, wanted)


@PATHS
def test_under_autocast_maps_are_narrow_and_gradients_are_those_of_the_weight(
    few: int, fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(few, fast, monkeypatch)
    ours, plain = pair(True, 3, torch.channels_last, torch.float32)
    x = torch.randn(2, 4, 6, 5).to(memory_format=torch.channels_last).requires_grad_()
    found = []
    for layer, dtype in ((ours, torch.bfloat16), (plain, torch.float32)):
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype is torch.bfloat16):
            y = layer(x)
        assert y.dtype is dtype
        gradients = torch.autograd.grad(y.float().square().sum(), [x, *layer.parameters()])
        assert all(gradient.dtype is torch.float32 for gradient in gradients)
        found.append([y.float(), *gradients])
    for narrow, wide in zip(*found, strict=True):
        assert (narrow - wide).abs().max() < 0.02 * wide.abs().max()


@PATHS
def test_in_float32(few: int, fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The type that products for all are taken in, beside bf16."""
    take(few, fast, monkeypatch)
    ours, plain = pair(True, 3, torch.channels_last, torch.float32)
    plain.double()
    x = torch.randn(2, 4, 6, 5).to(memory_format=torch.channels_last).requires_grad_()
    calls = []
    taken = few_positions.im2col_maps
    monkeypatch.setattr(few_positions, "im2col_maps", lambda *given: calls.append(1) or taken(*given))
    y, wanted = ours(x), plain(x.double())
    assert bool(calls) is fast
    torch.testing.assert_close(y.double(), wanted, rtol=1e-5, atol=1e-5)
    for found, exact in zip(
        torch.autograd.grad(y.square().sum(), [x, *ours.parameters()]),
        torch.autograd.grad(wanted.square().sum(), [x, *plain.parameters()]),
        strict=True,
    ):
        torch.testing.assert_close(found.double(), exact.double(), rtol=1e-4, atol=1e-4)


def test_no_weight_is_kept_for_the_backward() -> None:
    ours, _ = pair(True, 3, torch.channels_last, torch.float32)
    kept: list[torch.Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: kept.append(tensor) or tensor, lambda _: _):
        ours(torch.randn(2, 4, 6, 5, requires_grad=True))
    parameter = ours.parametrizations.weight.original
    large = [tensor for tensor in kept if tensor.shape == parameter.shape]
    assert large and all(tensor.data_ptr() == parameter.data_ptr() for tensor in large)
