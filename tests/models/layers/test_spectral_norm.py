"""Spectral norm: against torch's older form, which the official releases were trained with."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from models.layers.spectral_norm import SpectralConv2d, SpectralNorm, spectral_norm


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("kind", [nn.Conv2d, nn.ConvTranspose2d])
def test_agrees_with_the_older_form_over_many_steps(
    kind: type[nn.Module], layout: torch.memory_format
) -> None:
    torch.manual_seed(0)
    older = torch.nn.utils.spectral_norm(kind(3, 5, 3, bias=False)).double()
    ours = spectral_norm(kind(3, 5, 3, bias=False)).double()
    ours.load_state_dict(
        {
            "parametrizations.weight.original": older.weight_orig.detach().clone(),
            "parametrizations.weight.0._u": older.weight_u.clone(),
            "parametrizations.weight.0._v": older.weight_v.clone(),
        }
    )
    ours.to(memory_format=layout)
    optimizers = [torch.optim.SGD(layer.parameters(), lr=0.1) for layer in (older, ours)]
    for _ in range(10):
        x = torch.randn(2, 3, 6, 6, dtype=torch.float64)
        results = []
        for layer, optimizer in zip((older, ours), optimizers, strict=True):
            optimizer.zero_grad()
            result = layer(x)
            result.square().mean().backward()
            optimizer.step()
            results.append(result.detach())
        torch.testing.assert_close(results[1], results[0], rtol=1e-10, atol=1e-12)


def test_a_gradient_by_differences_and_a_full_precision_under_autocast() -> None:
    torch.manual_seed(0)
    norm = SpectralNorm(torch.randn(4, 3, 3, 3), 0).double().eval()
    weight = torch.randn(4, 3, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(norm, weight)
    single, narrow = norm.float(), weight.detach().float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = single(narrow)
    assert found.dtype == torch.float32 and torch.equal(found, single(narrow))


def test_evaluation_moves_nothing() -> None:
    torch.manual_seed(0)
    layer = spectral_norm(nn.Conv2d(3, 5, 3)).eval()
    before = {name: tensor.clone() for name, tensor in layer.state_dict().items()}
    layer(torch.randn(1, 3, 6, 6))
    for name, tensor in layer.state_dict().items():
        assert torch.equal(tensor, before[name]), name


@pytest.mark.parametrize("make", [lambda: spectral_norm(nn.Conv2d(3, 5, 3)), lambda: SpectralConv2d(3, 5, 3)])
def test_a_network_of_shapes_alone_can_be_built_and_run(make: Callable[[], nn.Module]) -> None:
    with torch.device("meta"):
        layer = make()
        result = layer(torch.empty(1, 3, 6, 6))
    assert result.is_meta and result.shape == (1, 5, 4, 4)
    assert all(tensor.is_meta for tensor in layer.state_dict().values())
