"""Shares of a source: one after the other they are the whole, whatever the number of processes."""

import pytest

from data.sources.scenes import Scenes
from data.sources.share import Share


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_shares_are_the_whole_in_order(count):
    source = Scenes("val", 8, 8, count=7)
    shares = [Share(source, rank, count) for rank in range(count)]
    read = [share.read(index).name for share in shares for index in range(len(share))]
    assert read == [source.read(index).name for index in range(7)]
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert [source.read(share.first).name for share in shares] == [share.read(0).name for share in shares]


def test_more_processes_than_records_are_refused():
    with pytest.raises(ValueError, match="2 pictures are shared among 3 processes; start 2 or fewer"):
        Share(Scenes("val", 8, 8, count=2), 0, 3)
