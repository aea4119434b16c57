"""The noise with which the label maps of a test are generated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from engine.runtime.determinism import noise_vector_seed
from inference.generator import LabelMapGenerator


@dataclass(frozen=True)
class NoiseSampling:
    """The noise of each label map: drawn from `seed` and its place, whatever the batch.

    `whole`: a seed in place of `seed`; `regions`: seeds of the noise of classes, by id, in place of the rest;
    `samples`: so many drawn from `seed`; `steps`: so many on the way to the resulting one, from that without
    `regions` or, where there are none, from the label map's own. None of these: its own noise.
    """

    generator: LabelMapGenerator
    seed: int
    samples: int | None = None
    whole: int | None = None
    regions: Mapping[int, int] = field(default_factory=dict)
    steps: int | None = None

    def __call__(self, count: int, first: int) -> list[Tensor | None]:
        """For `count` label maps from place `first` on, each (B, N) or (B, K, N); None without noise."""
        if not self.generator.G.generator.noise_width:
            return [None]
        if self.samples is not None:
            return [self._drawn(self.seed, count, first, sample) for sample in range(self.samples)]
        own = self._drawn(self.seed, count, first)
        base = own if self.whole is None else self._drawn(self.whole, count, first)
        weights = [1.0] if self.steps is None else [step / (self.steps - 1) for step in range(self.steps)]
        if not self.regions:
            return [mixed(own, base, weight) for weight in weights]
        ends = {label: self._drawn(seed, count, first) for label, seed in self.regions.items()}
        return [self._by_class(base, ends, weight) for weight in weights]

    def _drawn(self, seed: int, count: int, first: int, sample: int = 0) -> Tensor:
        places = range(first, first + count)
        return self.generator.drawn_noise([noise_vector_seed(seed, sample, place) for place in places])

    def _by_class(self, base: Tensor, ends: Mapping[int, Tensor], weight: float) -> Tensor:
        noise = base[:, None].repeat(1, self.generator.classes, 1)  # (B, K, N)
        for label, end in ends.items():
            noise[:, label] = mixed(base, end, weight)
        return noise


def mixed(start: Tensor, end: Tensor, weight: float) -> Tensor:
    """Noise between two draws: `start` at weight 0, `end` at 1, and of the same distribution in between.

    On a circle: the mean of two normal numbers has less variance, and a generator has never seen such noise.
    """
    angle = weight * math.pi / 2
    if start is end:
        return start
    return math.cos(angle) * start + math.sin(angle) * end
