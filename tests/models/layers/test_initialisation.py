"""Xavier, layer by layer, where several layers are computed as one product as well."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from models.kernels.conv import GammaBetaConv2d
from models.layers.class_linear import ClassLinear
from models.layers.initialisation import GAIN, normal, unnormalised_weight, xavier

# Each with its fan in and fan out, counted by hand.
LAYERS = {
    "convolution": (nn.Conv2d(32, 64, 3), 32 * 9, 64 * 9),
    "transposed": (nn.ConvTranspose2d(64, 32, 3), 64 * 9, 32 * 9),
    "linear": (nn.Linear(100, 300), 100, 300),
    "pair": (GammaBetaConv2d(32, 64, 3, padding=1), 32 * 9, 64 * 9),
    "a linear a class": (ClassLinear(5, 100, 80), 100, 80),
    "spectral": (spectral_norm(nn.Conv2d(32, 64, 3)), 32 * 9, 64 * 9),
}


@pytest.mark.parametrize("name", LAYERS)
def test_deviation_is_that_of_each_layer_alone(name: str) -> None:
    torch.manual_seed(0)
    layer, fan_in, fan_out = LAYERS[name]
    xavier(nn.Sequential(layer))
    weight = unnormalised_weight(layer)
    expected = 0.02 * math.sqrt(2 / (fan_in + fan_out))
    assert weight.std().item() == pytest.approx(expected, rel=0.03)
    assert not layer.bias.any()


@pytest.mark.parametrize("name", LAYERS)
def test_normal_has_one_deviation_everywhere(name: str) -> None:
    torch.manual_seed(0)
    layer, *_ = LAYERS[name]
    layer.bias.data.fill_(1.0)
    normal(nn.Sequential(layer))
    weight = unnormalised_weight(layer)
    assert weight.std().item() == pytest.approx(0.02, rel=0.03)
    assert weight.mean().abs().item() < 0.001
    assert not layer.bias.any()


def test_halves_and_classes_are_what_separate_layers_would_have_been() -> None:
    def separate(*shape: int) -> Tensor:
        return nn.init.xavier_normal_(torch.empty(shape), GAIN)

    pair, class_linear = GammaBetaConv2d(3, 4, 3, padding=1), ClassLinear(3, 4, 5)
    torch.manual_seed(0)
    xavier(nn.Sequential(pair, class_linear))
    torch.manual_seed(0)
    assert torch.equal(pair.weight, torch.cat([separate(4, 3, 3, 3) for _ in range(2)]))
    assert torch.equal(class_linear.weight, torch.stack([separate(5, 4) for _ in range(3)]))


def test_nothing_but_convolutions_and_linear_layers_is_touched() -> None:
    norm = nn.BatchNorm2d(4)
    xavier(nn.Sequential(norm))
    assert torch.equal(norm.weight, torch.ones(4))
