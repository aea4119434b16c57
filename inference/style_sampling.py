"""The styles in which the label maps of a test are generated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from data.batch import Batch
from engine.runtime.determinism import style_seed
from inference.generator import LabelMapGenerator
from inference.noise_sampling import NoiseSampling


class StyleBatch(NamedTuple):
    """One style for each label map of a batch: codes (B, D) or (B, K, D) or None, and style ids (B,).

    `z`: its noise, (B, N) or (B, K, N), where the generator takes some.
    """

    styles: Tensor | None
    style_id: Tensor
    z: Tensor | None = None


@dataclass(frozen=True)
class StyleSampling:
    """The styles of each label map: its own photo's, or `whole` for all; then those of `regions` in place.

    A label map without a photo, and a class that the photo of `whole` does not show, have the mean style;
    where `means` is None, a label map without a photo has a style that is drawn.

    `style_ids`: learned styles, each for all label maps; None for each one's own; `samples`: so many styles
    drawn instead, from seed, label map and sample whatever the batch; `whole`: codes (1, D) or (1, K, D);
    `regions`: codes (D,) by class; `steps`: so many styles on the straight line to the resulting one, from
    that without `regions` or, where there are none, from the label map's own; `means`: returns the mean
    styles (K, D), or raises ValueError; `class_names`: for a message. `noise`: as many as there are styles,
    each for one, or one for all, or several in one style; None: as `generator` draws it.
    """

    generator: LabelMapGenerator
    seed: int
    style_ids: Sequence[int] | None = None
    samples: int | None = None
    whole: Tensor | None = None
    regions: Mapping[int, Tensor] = field(default_factory=dict)
    steps: int | None = None
    means: Callable[[], Tensor] | None = None
    class_names: Sequence[str] = ()
    noise: NoiseSampling | None = None

    def __call__(self, batch: Batch, first: int) -> list[StyleBatch]:
        """Every code with every style id; `first`: the place of the batch's first label map among all."""
        own = batch.style_id
        ids = [own] if self.style_ids is None else [torch.full_like(own, label) for label in self.style_ids]
        codes: Sequence[Tensor | None] = [None]
        if self.samples is not None:
            codes = [self._drawn(batch, first, sample) for sample in range(self.samples)]
        elif self.generator.G.encoder is not None:
            codes = self._of_photos(batch, first)
        noise = [None] if self.noise is None else self.noise(len(batch), first)
        chosen = [StyleBatch(styles, style_id) for styles in codes for style_id in ids]
        if len(noise) == 1:
            return [style._replace(z=noise[0]) for style in chosen]
        chosen = chosen * len(noise) if len(chosen) == 1 else chosen
        return [style._replace(z=z) for style, z in zip(chosen, noise, strict=True)]

    def _of_photos(self, batch: Batch, first: int) -> list[Tensor]:
        end = base = self._own(batch, first) if self.whole is None else self._all_as(self.whole, batch)
        if self.regions:
            end = base.clone()  # (B, K, D)
            end[:, list(self.regions)] = torch.stack(tuple(self.regions.values()))
        if self.steps is None:
            return [end]
        start = base if self.regions else self._own(batch, first)
        return [torch.lerp(start, end, weight) for weight in torch.linspace(0, 1, self.steps).tolist()]

    def _own(self, batch: Batch, first: int) -> Tensor:
        if batch.photo is not None:
            return self.generator.styles(batch.photo, batch.labels)
        return self._drawn(batch, first) if self.means is None else self.means().expand(len(batch), -1, -1)

    def _drawn(self, batch: Batch, first: int, sample: int = 0) -> Tensor:
        places = range(first, first + len(batch))
        return self.generator.drawn_styles([style_seed(self.seed, sample, place) for place in places])

    def _all_as(self, whole: Tensor, batch: Batch) -> Tensor:
        codes = whole.expand(len(batch), *whole.shape[1:])
        if self.means is None:
            return codes
        shown = whole.any(-1)[0]  # (K,): codes of classes that the photo does not show are zero
        for name, labels in zip(batch.names, batch.labels):
            for label in labels.unique().tolist():
                if not shown[label] and label not in self.regions:
                    try:
                        return torch.where(shown[:, None], codes, self.means())
                    except ValueError as error:
                        raise ValueError(
                            f"{name}: the label map has {self.class_names[label]}, of which the style's photo"
                            f" shows nothing and {error}; or add style.{label}=PHOTO"
                        ) from error
        return codes
