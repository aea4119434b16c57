"""In which styles the label maps of a test are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from data.batch import Batch
from engine.runtime.determinism import style_seed
from inference.generator import LabelMapGenerator


class StyleBatch(NamedTuple):
    """One style for each label map of a batch: codes (B, D) or (B, K, D) or None, and style ids (B,)."""

    styles: Tensor | None
    style_id: Tensor


Codes = Callable[[Batch, int], list[Tensor | None]]
"""The codes that each label map of a batch is made with; the batch's first is the so-manieth of all."""


@dataclass(frozen=True)
class StyleSampling:
    """The style_sampling in which each label map of a batch is made: all of `codes` with all of `style_ids`.

    `style_ids`: learned styles, or None for each sample's own.
    """

    codes: Codes
    style_ids: Sequence[int] | None

    def __call__(self, batch: Batch, first: int) -> list[StyleBatch]:
        own = batch.style_id
        ids = [own] if self.style_ids is None else [torch.full_like(own, label) for label in self.style_ids]
        return [StyleBatch(codes, style_id) for codes in self.codes(batch, first) for style_id in ids]


def no_codes(batch: Batch, first: int) -> list[Tensor | None]:
    """For generators without an encoder."""
    return [None]


@dataclass(frozen=True)
class DrawnCodes:
    """`samples` codes drawn at random (VAE): a function of seed, label map and sample, not of the batch."""

    generator: LabelMapGenerator
    samples: int
    seed: int

    def __call__(self, batch: Batch, first: int) -> list[Tensor | None]:
        return [self.draw(batch, first, sample) for sample in range(self.samples)]

    def draw(self, batch: Batch, first: int, sample: int = 0) -> Tensor:
        """One code for each label map: (B, D)."""
        return self.generator.drawn_styles(
            [style_seed(self.seed, sample, first + place) for place in range(len(batch))]
        )


@dataclass(frozen=True)
class PhotoCodes:
    """Styles of photos: each sample's own, or `whole` for all; then `regions` in styles of their own.

    A sample without a photo has the training set's mean style, or one that is drawn.

    `whole`: codes (1, D) or (1, K, D), or None; `regions`: codes (D,) by class; `steps`: None for the style
    that this comes to, or so many styles on the straight line to it: from the style without `regions`, or,
    where there are none, from the sample's own; `class_names`: for a message.

    Raises ValueError for a label map with a class that has no style.
    """

    generator: LabelMapGenerator
    class_names: Sequence[str]
    whole: Tensor | None
    regions: Mapping[int, Tensor]
    steps: int | None
    seed: int

    def __call__(self, batch: Batch, first: int) -> list[Tensor | None]:
        self._check_styled(batch)
        end = self._base(batch, first)  # (B, D) or (B, K, D)
        if self.regions:
            end = end.clone()
            end[:, list(self.regions)] = torch.stack(tuple(self.regions.values()))
        if self.steps is None:
            return [end]
        start = self._base(batch, first) if self.regions else self._own(batch, first)
        weights = torch.linspace(0, 1, self.steps).tolist()
        return [torch.lerp(start, end, weight) for weight in weights]

    def _base(self, batch: Batch, first: int) -> Tensor:
        if self.whole is None:
            return self._own(batch, first)
        return self.whole.expand(len(batch), *self.whole.shape[1:])

    def _own(self, batch: Batch, first: int) -> Tensor:
        if batch.photo is not None:
            return self.generator.styles(batch.photo, batch.labels)
        means = self.generator.mean_styles
        if means is not None:
            return means.expand(len(batch), *means.shape)
        return DrawnCodes(self.generator, 1, self.seed).draw(batch, first)

    def _check_styled(self, batch: Batch) -> None:
        if self.whole is None or self.whole.dim() < 3:
            return
        unstyled = set((~self.whole[0].any(1)).nonzero()[:, 0].tolist()) - set(self.regions)
        for name, labels in zip(batch.names, batch.labels):
            for label in sorted(unstyled & set(labels.unique().tolist())):
                raise ValueError(
                    f"{name}: the label map has {self.class_names[label]}, of which the style's photo shows "
                    f"nothing and the run keeps no mean style; add style.{label}=PHOTO, or dataset.root=... "
                    "with the training photos"
                )
