"""UniquePatches are numbered as torch numbers them; with some added, the same sums, and few sizes."""

import pytest
import torch

from models.kernels.patch_index import TABLE_AT_MOST, UniquePatches, _numbered


@pytest.mark.parametrize("limit", [1, 5, TABLE_AT_MOST * 600, TABLE_AT_MOST * 600 + 1, 2**62])
def test_codes_are_numbered_in_their_order(limit: int) -> None:
    """By a table and by sorting."""
    codes = torch.randint(limit, (2, 15, 20), generator=torch.Generator().manual_seed(0))
    assert torch.equal(_numbered([codes], limit), torch.unique(codes, return_inverse=True)[1])


@pytest.mark.parametrize("count", [1, 7, 16, 17, 100, 1025])
def test_few_sizes_are_a_little_larger_and_nowhere(count: int) -> None:
    whole = UniquePatches(torch.arange(count * 9).view(count, 9), torch.zeros(1, 1, 1).long(), count * 9)
    padded = whole.in_few_sizes()
    assert count <= len(padded) <= count * 9 / 8 + 1
    assert torch.equal(padded.ids[:count], whole.ids) and (padded.ids[count:] == whole.padding).all()
    table = torch.randn(whole.padding * 9, 2)
    rows = padded.taps().sum(table)
    assert torch.equal(rows[:count], whole.taps().sum(table)) and not rows[count:].any()


def test_few_sizes_are_few() -> None:
    sizes = set()
    for count in range(1024, 2048):
        ids = torch.zeros(count, 1).long()
        sizes.add(len(UniquePatches(ids, ids[None], 1).in_few_sizes()))
    assert len(sizes) == 9, "eight an octave, and its end"
