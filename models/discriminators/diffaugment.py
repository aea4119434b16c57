"""Differentiable augmentation: random changes of what a discriminator sees (Zhao et al. 2020, section 3).

Of few photos a discriminator remembers each. Where it sees them changed, and the generator's images in the
same way, it cannot; and since gradients pass through the changes, the generator learns to make photos, not
changed photos.

The discriminator here sees a label map beside the image, and the generator's images are compared with the
photos in its features (feature matching). Both ask that the image, the photo and the label map of one sample
are changed alike, so each change is drawn once a sample. Colour leaves label maps alone; where an image is
moved or hidden, its label map is too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

Change = Callable[[Tensor], Tensor]
"""Maps (B, C, H, W) to the like: photos in [-1, 1], or label maps as channels."""

FARTHEST = 1 / 8  # a translation, as a share of the height and of the width
HIDDEN = 1 / 2  # by the cutout, of the height and of the width


class LabelChannels(Protocol):
    """What a discriminator asks of a condition."""

    def one_hot(self, classes: int, like: Tensor) -> Tensor:
        """The label map as channels, of `like`'s type: (B, K, H, W)."""


@dataclass(frozen=True)
class ChangedLabels:
    """The channels of a label map after a change."""

    labels: LabelChannels
    change: Change

    def one_hot(self, classes: int, like: Tensor) -> Tensor:
        """Changed; where nothing is seen, no class is."""
        return self.change(self.labels.one_hot(classes, like))


def augment(
    kinds: Collection[str], fake: Tensor, real: Tensor, labels: LabelChannels, noise: torch.Generator
) -> tuple[Tensor, Tensor, LabelChannels]:
    """Images, photos, both (B, 3, H, W), and label maps, changed alike; without kinds, as they are.

    `kinds`: of `AUGMENTATIONS`; they are applied in its order. All random numbers come from `noise`.
    """
    for kind, draw in AUGMENTATIONS.items():
        if kind in kinds:
            change = draw(fake.shape, noise)
            fake, real = change(fake), change(real)
            if kind in OF_LABELS:
                labels = ChangedLabels(labels, change)
    return fake, real, labels


def colour(shape: torch.Size, noise: torch.Generator) -> Change:
    """Brightness by -0.5 to 0.5 in [-1, 1], saturation by a factor of 0 to 2, contrast by 0.5 to 1.5.

    The order of the three makes no difference: each keeps what the next one is about.
    """
    brighter, saturation, contrast = torch.rand(3, shape[0], 1, 1, 1, generator=noise, device=noise.device)

    def change(photos: Tensor) -> Tensor:
        grey = photos.mean(1, keepdim=True)  # (B, 1, H, W)
        average = grey.mean((2, 3), keepdim=True)  # (B, 1, 1, 1)
        vivid = grey - average + 2 * saturation * (photos - grey)
        return average + (contrast + 0.5) * vivid + (brighter - 0.5)

    return change


def translation(shape: torch.Size, noise: torch.Generator) -> Change:
    """Moved by up to an eighth of the height and of the width; what comes in from outside is zero."""
    batch, _, height, width = shape
    # A product with a shifted identity moves whole pixels, and its empty rows are the zeros.
    down = _shifted_identities(batch, height, noise)
    across = _shifted_identities(batch, width, noise).mT
    return lambda maps: down.to(maps) @ maps @ across.to(maps)


def _shifted_identities(batch: int, length: int, noise: torch.Generator) -> Tensor:
    """One a sample, (B, 1, L, L): row i is true in column i + shift, where there is one."""
    farthest = round(length * FARTHEST)
    device = noise.device
    shifts = torch.randint(-farthest, farthest + 1, (batch, 1, 1, 1), generator=noise, device=device)
    places = torch.arange(length, device=device)
    return places[:, None] + shifts == places


def cutout(shape: torch.Size, noise: torch.Generator) -> Change:
    """A rectangle of half the height and half the width is zero; its centre is any pixel."""
    batch, _, height, width = shape
    rows = _interval(batch, height, noise)[..., :, None]  # (B, 1, H, 1)
    columns = _interval(batch, width, noise)[..., None, :]  # (B, 1, 1, W)
    seen = ~(rows & columns)
    return lambda maps: maps * seen


def _interval(batch: int, length: int, noise: torch.Generator) -> Tensor:
    """True in a stretch of half the length around a random place: (B, 1, L)."""
    device = noise.device
    centres = torch.randint(length, (batch, 1, 1), generator=noise, device=device)
    hidden = round(length * HIDDEN)
    from_start = torch.arange(length, device=device) - centres + hidden // 2
    return (from_start >= 0) & (from_start < hidden)


AUGMENTATIONS: dict[str, Callable[[torch.Size, torch.Generator], Change]] = {
    "color": colour,
    "translation": translation,
    "cutout": cutout,
}
"""Each draws a change for every sample of a batch of maps of a shape."""

OF_LABELS = ("translation", "cutout")
"""Those that a label map takes part in."""
