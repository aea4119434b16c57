"""A part of a source that stands for the whole."""

import pytest

from data.sources.scenes import Scenes
from data.sources.spread import Spread


def read_numbers(spread: Spread) -> list[int]:
    """Which records of the source were read."""
    return [int(spread.read(index).name.split("-")[1]) for index in range(len(spread))]


def test_records_are_evenly_spread() -> None:
    source = Scenes("val", 4, 4, count=10)
    assert read_numbers(Spread(source, 5)) == [0, 2, 4, 6, 8]
    assert read_numbers(Spread(source, 4)) == [0, 2, 5, 7]
    assert read_numbers(Spread(source, 10)) == read_numbers(Spread(source, 99)) == list(range(10))


def test_what_is_refused() -> None:
    source = Scenes("val", 4, 4, count=10)
    with pytest.raises(ValueError, match="0 images"):
        Spread(source, 0)
    with pytest.raises(IndexError, match="record 3 of 3"):
        Spread(source, 3).read(3)
