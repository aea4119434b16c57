from __future__ import annotations

import pytest
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


@pytest.mark.parametrize("regions", [[4], [5, 0], [0, 1, 2, 3, 4, 5], [5, 3, 3, 1]], ids=str)
def test_chosen_rows_alone(regions: list[int]) -> None:
    """Fewer than there are classes, by their own weights; more of them, out of all rows."""
    torch.manual_seed(0)
    layer, x = ClassLinear(3, 4, 5).double(), torch.randn(2, 3, 4, dtype=torch.float64)
    found = layer.of_regions(x, torch.tensor(regions))
    for row, region in zip(found, regions, strict=True):
        sample, k = divmod(region, 3)
        torch.testing.assert_close(row, layer.weight[k] @ x[sample, k] + layer.bias[k])


def test_starts_as_linear_layers_do() -> None:
    torch.manual_seed(0)
    layer, linear = ClassLinear(50, 100, 200), nn.Linear(100, 10_000)
    for ours, theirs in ((layer.weight, linear.weight), (layer.bias, linear.bias)):
        assert 0.099 < ours.abs().max() <= 0.1  # uniform within 1 / sqrt(100)
        assert abs(ours.mean()) < 0.003 and abs(ours.std() - theirs.std()) < 0.003
