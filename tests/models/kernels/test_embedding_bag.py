"""Sums of chosen rows: each added by hand, and their gradients by torch's own indexing."""

import pytest
import torch
from torch import Tensor

from models.kernels.indexed_conv import bag_index, embedding_bag

MOST = torch.iinfo(torch.int16).max
"""Tables up to so many rows are sorted as narrow numbers."""


def chosen(table_rows: int) -> tuple[Tensor, Tensor]:
    """Which rows of a table are summed (40, 9), and which of those are left out."""
    generator = torch.Generator().manual_seed(0)
    rows = torch.randint(table_rows, (40, 9), generator=generator)
    rows[0, :3] = torch.tensor([0, table_rows - 1, table_rows - 1])  # the first, and the last one twice
    return rows, torch.rand(40, 9, generator=generator) < 0.7


@pytest.mark.parametrize("table_rows", [1, 30, MOST, MOST + 1, 70_000])
def test_sums_and_gradients(table_rows: int) -> None:
    torch.manual_seed(0)
    rows, kept = chosen(table_rows)
    kept[0, :3] = True
    table = torch.randn(table_rows, 4, dtype=torch.float64, requires_grad=True)
    wanted = (table[rows] * kept[:, :, None]).sum(1)
    found = embedding_bag(table, bag_index(rows, kept, table_rows))
    torch.testing.assert_close(found, wanted)
    along = torch.randn(40, 4, dtype=torch.float64)
    (ours,) = torch.autograd.grad((found * along).sum(), table)
    (theirs,) = torch.autograd.grad((wanted * along).sum(), table)
    torch.testing.assert_close(ours, theirs)


def test_a_row_of_nothing_is_zero() -> None:
    rows, _ = chosen(5)
    whole = bag_index(rows, torch.zeros(40, 9, dtype=torch.bool), 5)
    assert not embedding_bag(torch.randn(5, 4), whole).any()
    assert not whole.transposed.sum(torch.randn(40, 4)).any()


def test_a_second_derivative() -> None:
    rows, kept = chosen(6)
    table = torch.randn(6, 2, dtype=torch.float64, requires_grad=True)
    whole = bag_index(rows, kept, 6)
    assert torch.autograd.gradgradcheck(lambda given: embedding_bag(given, whole).square(), table)
