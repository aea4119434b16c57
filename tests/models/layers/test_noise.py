from __future__ import annotations

import torch

from models.layers.noise import AddedNoise


def added(weight: torch.Tensor, seed: int) -> torch.Tensor:
    layer = AddedNoise(len(weight))
    layer.weight.data = weight
    x = torch.randn(4, len(weight), 64, 64)
    return (layer(x, torch.Generator().manual_seed(seed)) - x).detach()


def test_is_one_standard_normal_number_a_pixel_times_a_weight_a_channel() -> None:
    noise = added(torch.tensor([1.0, -2.0, 0.0]), seed=0)
    assert torch.allclose(noise[:, 1], -2 * noise[:, 0], atol=1e-5)
    assert not noise[:, 2].any()
    assert abs(noise[:, 0].mean()) < 0.03 and abs(noise[:, 0].std() - 1) < 0.03
    assert len(noise[:, 0].unique()) > 16_000  # of 16,384 pixels: no two share a number but by rounding


def test_comes_from_the_generator_alone() -> None:
    weight = torch.ones(2)
    torch.manual_seed(0)
    first = added(weight, seed=1)
    torch.manual_seed(0)
    assert torch.equal(added(weight, seed=1), first)
    torch.manual_seed(0)
    assert not torch.allclose(added(weight, seed=2), first)


def test_starts_at_none_and_adds_none_without_a_generator() -> None:
    x = torch.randn(2, 3, 4, 5)
    layer = AddedNoise(3)
    assert torch.equal(layer(x, torch.Generator()), x)
    layer.weight.data.fill_(1)
    assert layer(x, None) is x
