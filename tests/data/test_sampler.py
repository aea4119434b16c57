from __future__ import annotations

from collections import Counter
from itertools import accumulate, islice, pairwise

import pytest

from data.sampler import Position, StreamSampler


def stream(sampler: StreamSampler, batches: int) -> list[list[Position]]:
    return list(islice(sampler, batches))


def flat(batches: list[list[Position]]) -> list[Position]:
    return [position for batch in batches for position in batch]


def test_each_record_is_seen_once_an_epoch() -> None:
    seen = flat(stream(StreamSampler(10, 4, seed=3), 10))  # 40 places: four epochs of ten
    for epoch in range(4):
        part = seen[10 * epoch : 10 * epoch + 10]
        assert {position.epoch for position in part} == {epoch}
        assert sorted(position.index for position in part) == list(range(10))


def test_the_order_changes_with_epoch_and_seed() -> None:
    first = [position.index for position in flat(stream(StreamSampler(20, 20, seed=0), 3))]
    other = [position.index for position in flat(stream(StreamSampler(20, 20, seed=1), 3))]
    orders = {tuple(order[part : part + 20]) for order in (first, other) for part in (0, 20, 40)}
    assert len(orders) == 6
    assert tuple(range(20)) not in orders


def test_places_are_shuffled_fairly() -> None:
    """Over many epochs each record comes first about equally often."""
    first = Counter(batch[0].index for batch in stream(StreamSampler(5, 5), 1000))
    assert sorted(first) == list(range(5))
    assert min(first.values()) > 140 and max(first.values()) < 260  # 200 ± 12.6, far out in the tails


@pytest.mark.parametrize("world_size", [1, 2, 4])
def test_the_order_knows_nothing_of_processes(world_size: int) -> None:
    alone = stream(StreamSampler(11, 8, seed=5), 9)
    shares = [
        stream(StreamSampler(11, 8, seed=5, rank=r, world_size=world_size), 9) for r in range(world_size)
    ]
    together = [flat(list(batch_shares)) for batch_shares in zip(*shares)]
    assert together == alone
    assert all(len(batch) == 8 // world_size for share in shares for batch in share)


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 7])
def test_resuming_goes_on_where_it_stopped(steps: int) -> None:
    whole = stream(StreamSampler(10, 4, seed=2), 12)
    assert stream(StreamSampler(10, 4, seed=2, start=4 * steps), 12 - steps) == whole[steps:]
    before = StreamSampler(10, 4, seed=2, start=4 * steps)
    after = StreamSampler(10, 4, seed=2, rank=1, world_size=2)
    after.load_state_dict(before.state_dict())
    assert stream(after, 1) == [whole[steps][2:]]


def test_a_batch_of_another_size_goes_on_in_the_same_order() -> None:
    whole = flat(stream(StreamSampler(10, 4), 15))
    assert flat(stream(StreamSampler(10, 6, start=12), 8)) == whole[12:60]


def test_reading_ahead_does_not_count_as_seen() -> None:
    sampler = StreamSampler(10, 4)
    stream(sampler, 5)
    assert sampler.state_dict() == {"images_seen": 0}


def test_impossible_batches_are_explained() -> None:
    with pytest.raises(
        ValueError, match="batch size 11 exceeds the data set of 10 images; make the batch smaller"
    ):
        StreamSampler(10, 11)
    with pytest.raises(ValueError, match=r"batch size 6 .* divisible by their number, 4; try 4"):
        StreamSampler(10, 6, world_size=4)
    with pytest.raises(ValueError, match="exceeds the data set of 0 images"):
        StreamSampler(0, 1)


SHARDS = [7, 5, 9, 3, 8]  # 32 records


def shard_of(index: int) -> int:
    return int(sum(index >= end for end in accumulate(SHARDS)))


@pytest.mark.parametrize("batch", [1, 3, 4, 32])
def test_records_in_shards_are_seen_once_an_epoch(batch: int) -> None:
    seen = flat(stream(StreamSampler(32, batch, seed=3, shards=SHARDS), 96 // batch))
    for epoch in range(len(seen) // 32):
        part = seen[32 * epoch : 32 * epoch + 32]
        assert {position.epoch for position in part} == {epoch}
        assert sorted(position.index for position in part) == list(range(32))
    orders = {tuple(position.index for position in seen[first : first + 32]) for first in (0, 32, 64)}
    assert len(orders) >= 2


def test_each_place_of_a_batch_walks_through_shards_of_its_own() -> None:
    batches = stream(StreamSampler(32, 4, seed=1, shards=SHARDS), 8)
    for place in range(4):
        visited = [shard_of(batch[place].index) for batch in batches]
        # A stretch of 8 records out of shards of 3 to 9: one shard after another, none left and come back to.
        changes = sum(one != other for one, other in pairwise(visited))
        assert changes == len(set(visited)) - 1 <= 3
    mixed = [len({shard_of(position.index) for position in batch}) for batch in batches]
    assert sum(mixed) / len(mixed) > 2.5


def test_processes_share_the_shards_out() -> None:
    shards = [50] * 16
    opened = []
    for rank in range(2):
        sampler = StreamSampler(800, 8, seed=0, rank=rank, world_size=2, shards=shards)
        opened.append({position.index // 50 for position in flat(stream(sampler, 100))})
    assert len(opened[0]) == len(opened[1]) == 8 and not opened[0] & opened[1]


@pytest.mark.parametrize("steps", [0, 3, 9])
def test_resuming_among_shards(steps: int) -> None:
    whole = stream(StreamSampler(32, 4, seed=2, shards=SHARDS), 20)
    assert stream(StreamSampler(32, 4, seed=2, shards=SHARDS, start=4 * steps), 20 - steps) == whole[steps:]
    alone = StreamSampler(32, 4, seed=2, rank=1, world_size=2, shards=SHARDS, start=4 * steps)
    assert stream(alone, 3) == [batch[2:] for batch in whole[steps : steps + 3]]
