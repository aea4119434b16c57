"""Products by either library: torch's own numbers."""

from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F

from models.kernels import conv as few_positions
from models.kernels import indexed_conv as product_file
from models.kernels.indexed_conv import linear


@pytest.mark.parametrize("intel", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("rows", "wide", "outputs"), [(7, 5, 12), (1, 4, 9), (40, 1, 1)])
@pytest.mark.parametrize("lie_apart", [False, True])
def test_value_and_gradients(
    rows: int,
    wide: int,
    outputs: int,
    lie_apart: bool,
    dtype: torch.dtype,
    intel: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(product_file, "is_intel", lambda: intel)
    monkeypatch.setattr(few_positions, "is_intel", lambda: intel)
    torch.manual_seed(0)
    a = torch.randn(wide, rows, dtype=dtype).T if lie_apart else torch.randn(rows, wide, dtype=dtype)
    a, table = a.requires_grad_(), torch.randn(outputs, wide, dtype=dtype, requires_grad=True)
    found, wanted = linear(a, table), F.linear(a, table)
    assert found.is_contiguous()
    torch.testing.assert_close(found, wanted)
    along = torch.randn(outputs, rows, dtype=dtype).T
    for ours, theirs in zip(
        torch.autograd.grad((found * along).sum(), [a, table]),
        torch.autograd.grad((wanted * along).sum(), [a, table]),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs)


def test_autocast_is_heeded() -> None:
    a, table = torch.randn(4, 8), torch.randn(6, 8)
    with torch.autocast("cpu", torch.bfloat16):
        assert linear(a, table).dtype is torch.bfloat16


@pytest.fixture
def _two_threads() -> Iterator[None]:
    """With one, torch gives oneDNN no convolution."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("_two_threads")
@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch without oneDNN")
def test_so_many_rows_that_onednn_computes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than 20480 numbers, below which torch's convolutions are others."""
    monkeypatch.setattr(product_file, "is_intel", lambda: False)
    torch.manual_seed(0)
    a, table = torch.randn(300, 128, requires_grad=True), torch.randn(96, 128, requires_grad=True)
    with torch.profiler.profile() as profile:
        found = linear(a, table)
    assert "aten::mkldnn_convolution" in {event.name for event in profile.events()}
    wanted, along = F.linear(a.double(), table.double()), torch.randn(300, 96)
    torch.testing.assert_close(found.double(), wanted, rtol=1e-5, atol=1e-4)
    ours, theirs = (torch.autograd.grad((y * along).sum(), [a, table]) for y in (found, wanted))
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-4)
