from __future__ import annotations

import torch
from torch import nn

from models.layers.class_linear import ClassLinear


def test_is_a_linear_layer_for_each_class() -> None:
    layer, x = ClassLinear(3, 4, 5), torch.randn(2, 3, 4)
    y = layer(x)
    assert y.shape == (2, 3, 5)
    for k in range(3):
        linear = nn.Linear(4, 5)
        linear.weight.data, linear.bias.data = layer.weight.data[k], layer.bias.data[k]
        assert torch.allclose(y[:, k], linear(x[:, k]), atol=1e-6)


def test_starts_as_linear_layers_do() -> None:
    torch.manual_seed(0)
    layer, linear = ClassLinear(50, 100, 200), nn.Linear(100, 10_000)
    for ours, theirs in ((layer.weight, linear.weight), (layer.bias, linear.bias)):
        assert 0.099 < ours.abs().max() <= 0.1  # uniform within 1 / sqrt(100)
        assert abs(ours.mean()) < 0.003 and abs(ours.std() - theirs.std()) < 0.003
