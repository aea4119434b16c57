"""Products with arranged weights, and without torch's operators for them: the plain functions."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from models.kernels.inference import constant_conv
from models.kernels.inference.constant_conv import arranged_conv, arranged_linear, can_arrange


@pytest.fixture(params=["arranged", "without the operators"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "without the operators":
        monkeypatch.setattr(constant_conv, "OPERATORS", ("an_operator_that_no_torch_has",))
        assert not can_arrange(torch.zeros(1, 1))


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize(
    "settings",
    [
        {"kernel_size": 3, "padding": 1},
        {"kernel_size": 4, "padding": 2, "stride": 2},
        {"kernel_size": 3, "padding": 2, "dilation": 2},
        {"kernel_size": 3, "padding": 1, "groups": 2},
        {"kernel_size": 1, "bias": False},
    ],
    ids=str,
)
def test_a_convolution_at_one_size_after_another(settings: dict[str, int]) -> None:
    torch.manual_seed(0)
    conv = nn.Conv2d(4, 6, **settings).requires_grad_(False)
    computed = arranged_conv(conv)
    for height, width in ((9, 8), (12, 5), (9, 8)):
        x = torch.randn(2, 4, height, width)
        torch.testing.assert_close(computed(x), conv(x))


@pytest.mark.usefixtures("_way")
def test_a_product_of_rows() -> None:
    torch.manual_seed(0)
    weight = torch.randn(5, 7).T.contiguous().T  # arranged from any layout
    computed = arranged_linear(weight)
    for rows in (1, 12):
        x = torch.randn(rows, 7)
        torch.testing.assert_close(computed(x), F.linear(x, weight))


def test_double_precision_is_left_to_torch() -> None:
    weight = torch.randn(5, 7, dtype=torch.float64)
    assert not can_arrange(weight)
    x = torch.randn(3, 7, dtype=torch.float64)
    assert torch.equal(arranged_linear(weight)(x), F.linear(x, weight))
