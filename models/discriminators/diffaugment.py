"""DiffAugment: differentiable augmentation of what a discriminator sees (Zhao et al. 2020, section 3).

A discriminator remembers each of few photos. Where it sees them changed at random, and the generator's images
in the same way, it cannot; and since gradients pass through the changes, the generator learns to make photos,
not changed photos.

The image, the photo and the label map of one sample are changed alike: discriminators compare images with
label maps, and feature matching compares images with photos. So each change is drawn once a sample. Colour
leaves label maps alone; where an image is moved or hidden, so are its label map's ids and edges, and where
nothing is seen the id is `IGNORED`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

import torch
from torch import Tensor

from models.condition import IGNORED, Condition

Change = Callable[[Tensor], Tensor]
"""Maps (B, C, H, W) to the like, zero where nothing is seen: photos in [-1, 1], or label maps."""

FARTHEST = 1 / 8  # a translation, as a fraction of the height and of the width
HIDDEN = 1 / 2  # by the cutout, of the height and of the width


def augment(
    kinds: Collection[str], fake: Tensor, real: Tensor, condition: Condition, rng: torch.Generator
) -> tuple[Tensor, Tensor, Condition]:
    """Images, photos, both (B, 3, H, W), and their condition, changed alike; without kinds, as they are.

    `kinds`: of `AUGMENTATIONS`; they are applied in its order. All random numbers come from `rng`.
    """
    for kind, draw in AUGMENTATIONS.items():
        if kind in kinds:
            change = draw(fake.shape, rng)
            fake, real = change(fake), change(real)
            if kind in OF_LABELS:
                condition = changed_labels(condition, change)
    return fake, real, condition


def changed_labels(condition: Condition, change: Change) -> Condition:
    """A condition whose label map and edges are changed as an image is."""
    # Counted from 1, so that the zeros of a change are what is not seen; in float64, which autocast leaves
    # alone.
    ids = change((condition.labels - IGNORED)[:, None].double())[:, 0].long() + IGNORED
    edges = condition.edges
    edges = None if edges is None else change(edges[:, None].double())[:, 0] > 0
    return replace(condition, labels=ids, edges=edges, has_ignored=True)


def color(shape: torch.Size, rng: torch.Generator) -> Change:
    """Brightness by -0.5 to 0.5 in [-1, 1], saturation by a factor of 0 to 2, contrast by 0.5 to 1.5.

    The order of the three makes no difference: each keeps what the next one is about.
    """
    brighter, saturation, contrast = torch.rand(3, shape[0], 1, 1, 1, generator=rng, device=rng.device)

    def change(photos: Tensor) -> Tensor:
        grey = photos.mean(1, keepdim=True)  # (B, 1, H, W)
        average = grey.mean((2, 3), keepdim=True)  # (B, 1, 1, 1)
        vivid = grey - average + 2 * saturation * (photos - grey)
        return average + (contrast + 0.5) * vivid + (brighter - 0.5)

    return change


def translation(shape: torch.Size, rng: torch.Generator) -> Change:
    """Moved by up to an eighth of the height and of the width; what comes in from outside is zero."""
    batch, _, height, width = shape
    # A product with a shifted identity moves whole pixels, and its empty rows are the zeros.
    down = _shifted_identities(batch, height, rng)
    across = _shifted_identities(batch, width, rng).mT
    return lambda maps: down.to(maps) @ maps @ across.to(maps)


def _shifted_identities(batch: int, length: int, rng: torch.Generator) -> Tensor:
    """One a sample, (B, 1, L, L): row i is true in column i + shift, where there is one."""
    farthest = round(length * FARTHEST)
    device = rng.device
    shifts = torch.randint(-farthest, farthest + 1, (batch, 1, 1, 1), generator=rng, device=device)
    places = torch.arange(length, device=device)
    return places[:, None] + shifts == places


def cutout(shape: torch.Size, rng: torch.Generator) -> Change:
    """A rectangle of half the height and half the width is zero; its centre is any pixel."""
    batch, _, height, width = shape
    rows = _interval(batch, height, rng)[..., :, None]  # (B, 1, H, 1)
    columns = _interval(batch, width, rng)[..., None, :]  # (B, 1, 1, W)
    seen = ~(rows & columns)
    return lambda maps: maps * seen


def _interval(batch: int, length: int, rng: torch.Generator) -> Tensor:
    """True in a stretch of half the length around a random place: (B, 1, L)."""
    device = rng.device
    centres = torch.randint(length, (batch, 1, 1), generator=rng, device=device)
    hidden = round(length * HIDDEN)
    from_start = torch.arange(length, device=device) - centres + hidden // 2
    return (from_start >= 0) & (from_start < hidden)


AUGMENTATIONS: dict[str, Callable[[torch.Size, torch.Generator], Change]] = {
    "color": color,
    "translation": translation,
    "cutout": cutout,
}
"""Each draws a change for every sample of a batch of maps of a shape."""

OF_LABELS = ("translation", "cutout")
"""Those that a label map takes part in."""
