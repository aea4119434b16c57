"""Some records of a source: the first ones, one process's part, or a few that stand for all."""

import pytest

from data.sources.scenes import Scenes
from data.sources.source import Subset


def numbers(subset: Subset) -> list[int]:
    """Which records of the source are read."""
    return [int(subset.read(index).name.split("-")[1]) for index in range(len(subset))]


def test_the_first_records() -> None:
    source = Scenes("val", 4, 4, count=10)
    assert numbers(Subset.first(source, 3)) == [0, 1, 2]
    assert numbers(Subset.first(source, 99)) == list(range(10))
    assert Subset.first(source, 3).label_set == source.label_set and Subset.first(source, 3).has_instances


def test_records_are_evenly_spread() -> None:
    source = Scenes("val", 4, 4, count=10)
    assert numbers(Subset.spread(source, 5)) == [0, 2, 4, 6, 8]
    assert numbers(Subset.spread(source, 4)) == [0, 2, 5, 7]
    assert numbers(Subset.spread(source, 10)) == numbers(Subset.spread(source, 99)) == list(range(10))


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_the_parts_of_all_processes_are_the_whole_in_order(count: int) -> None:
    source = Scenes("val", 8, 8, count=7)
    parts = [Subset.of_process(source, rank, count) for rank in range(count)]
    assert [number for part in parts for number in numbers(part)] == list(range(7))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert [part.indices[0] for part in parts] == [numbers(part)[0] for part in parts]


def test_what_is_refused() -> None:
    source = Scenes("val", 4, 4, count=10)
    for make in (Subset.first, Subset.spread):
        with pytest.raises(ValueError, match="0 images"):
            make(source, 0)
        for index in (-1, 3):
            with pytest.raises(IndexError, match=f"record {index} of 3"):
                make(source, 3).read(index)
    with pytest.raises(ValueError, match="2 images cannot be divided among 3 processes; start 2 or fewer"):
        Subset.of_process(Scenes("val", 8, 8, count=2), 0, 3)
