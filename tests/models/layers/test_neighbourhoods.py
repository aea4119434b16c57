"""Neighbourhoods with some added that lie nowhere: the same sums, and few sizes."""

import pytest
import torch

from models.layers.neighbourhoods import Neighbourhoods


@pytest.mark.parametrize("count", [1, 7, 16, 17, 100, 1025])
def test_few_sizes_are_a_little_larger_and_nowhere(count: int) -> None:
    whole = Neighbourhoods(torch.arange(count * 9).view(count, 9), torch.zeros(1, 1, 1).long(), count * 9)
    padded = whole.in_few_sizes()
    assert count <= len(padded) <= count * 9 / 8 + 1
    assert torch.equal(padded.ids[:count], whole.ids) and (padded.ids[count:] == whole.padding).all()
    table = torch.randn(whole.padding * 9, 2)
    rows = padded.gathering().sum(table)
    assert torch.equal(rows[:count], whole.gathering().sum(table)) and not rows[count:].any()


def test_few_sizes_are_few() -> None:
    sizes = set()
    for count in range(1024, 2048):
        ids = torch.zeros(count, 1).long()
        sizes.add(len(Neighbourhoods(ids, ids[None], 1).in_few_sizes()))
    assert len(sizes) == 9, "eight an octave, and its end"
