"""The order in which training sees the images: one endless stream, the same on any number of processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from torch.utils.data import Sampler


@dataclass(frozen=True, slots=True)
class Position:
    """The `index`-th record of the data set, as seen in `epoch`; augmentation depends on both."""

    epoch: int
    index: int


class StreamSampler(Sampler[list[Position]]):
    """Batches of positions, without end; this process's part of each.

    Place p of the stream is in epoch p // N and holds entry p % N of that epoch's order of the N
    records, drawn from (seed, epoch). The global batch s is places s·B .. s·B + B-1, which are computed in
    `passes` equal parts, one after another; of each, process `rank` of `world_size` takes a contiguous
    slice, and a batch here holds its slices in turn. So each record is seen once an epoch, batches run
    across the borders of epochs, and the order knows nothing of processes and workers.

    `images_seen` is the number of places that the whole group has trained on: the loader advances it when it
    hands a batch out (workers run ahead of that), and a new iteration starts there. It is all that
    resuming needs.

    `length`: N; `batch_size`: B, of all processes together; `start`: images already seen; `shards`: how many
    records each of the data set's archives holds, where it is kept in archives: `shard_order` has the order
    then, instead of a permutation of all.
    Raises ValueError where B is larger than N or not divisible by `world_size` times `passes`.
    """

    def __init__(
        self,
        length: int,
        batch_size: int,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
        start: int = 0,
        shards: Sequence[int] | None = None,
        passes: int = 1,
    ) -> None:
        assert 0 <= rank < world_size, f"rank {rank} of {world_size}"
        if batch_size > length:
            raise ValueError(
                f"batch size {batch_size} exceeds the data set of {length} images; make the batch smaller"
            )
        parts = world_size * passes
        if batch_size % parts:
            accumulated = f" times train.grad_accum_steps={passes}" if passes > 1 else ""
            raise ValueError(
                f"batch size {batch_size} is that of all processes together and must be divisible by their "
                f"number, {world_size}{accumulated}; try {max(1, batch_size // parts) * parts}"
            )
        self.images_seen = start
        self.batch_size = batch_size
        assert shards is None or sum(shards) == length, "every record lies in a shard"
        self._length, self._seed, self._shards = length, seed, shards
        own, together = batch_size // parts, batch_size // passes
        self._places = [
            part * together + rank * own + place for part in range(passes) for place in range(own)
        ]

    def __iter__(self) -> Iterator[list[Position]]:
        first = self.images_seen
        epoch, order = -1, np.empty(0, dtype=np.int64)
        while True:
            batch: list[Position] = []
            for place in (first + offset for offset in self._places):
                if place // self._length != epoch:
                    epoch = place // self._length
                    order = self._order(epoch)  # (N,)
                batch.append(Position(epoch, int(order[place % self._length])))
            yield batch
            first += self.batch_size

    def state_dict(self) -> dict[str, int]:
        """What a checkpoint keeps."""
        return {"images_seen": self.images_seen}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Goes on after `images_seen` images; call it before the iteration starts."""
        self.images_seen = int(state["images_seen"])

    def _order(self, epoch: int) -> np.ndarray:
        """An epoch's records, (N,)."""
        random = np.random.default_rng((self._seed, epoch))
        if self._shards is None:
            return random.permutation(self._length)
        return shard_order(self._shards, self.batch_size, random)


def shard_order(shards: Sequence[int], lanes: int, random: np.random.Generator) -> np.ndarray:
    """An order of the records of `shards` (records in each) that reads few shards at a time, (N,).

    The shards are shuffled, and the records inside each; this sequence is cut into `lanes` equal stretches,
    and the order takes one record of each in turn. With as many lanes as a batch has places, every place
    walks through shards of its own: a batch mixes that many shards, and processes, among which a
    batch's places are divided, read different shards.
    """
    firsts = np.cumsum([0, *shards])
    sequence = np.concatenate(
        [firsts[shard] + random.permutation(shards[shard]) for shard in random.permutation(len(shards))]
    )  # (N,)
    stretches = np.array_split(sequence, lanes)
    table = np.full((len(stretches[0]), lanes), -1)
    for lane, stretch in enumerate(stretches):
        table[: len(stretch), lane] = stretch
    return table[table >= 0]  # row by row
