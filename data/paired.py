"""The data set the networks see: a source's records, transformed reproducibly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch.utils.data import Dataset

from data.sample import Sample
from data.sampler import Position
from data.sources.source import Source
from data.transforms import JointTransform


@dataclass(frozen=True)
class Unreadable:
    """Takes the place of a sample that cannot be read, so that the main process can say why in one line.

    An exception would leave a worker wrapped in that worker's traceback.
    """

    message: str


class PairedDataset(Dataset[Sample | Unreadable]):
    """Records of `source` under `transform`.

    Random windows and flips are a function of (seed, epoch, index) alone: neither the number of workers
    nor that of processes nor what was read before alters a sample.
    """

    def __init__(self, source: Source, transform: JointTransform, seed: int = 0) -> None:
        self.source = source
        self.transform = transform
        self.seed = seed

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, position: Position) -> Sample | Unreadable:
        random = np.random.default_rng((self.seed, position.epoch, position.index))
        try:
            return self.transform(self.source.read(position.index), random)
        except ValueError as cause:
            return Unreadable(str(cause))
