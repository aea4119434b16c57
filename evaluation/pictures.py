"""Pictures as metrics take them: checked, rounded to 8 bits; and the base of metrics of single pictures."""

from __future__ import annotations

import torch
from torch import Tensor
from torchmetrics import Metric

from data.image_range import from_uint8, to_uint8

DATA_RANGE = 2.0
"""Of pictures in [-1, 1]."""
RANGE_TOLERANCE = 1e-3
"""How far a picture may leave [-1, 1] by rounding (bf16 arithmetic, a resize filter) before it is refused."""


def check_pictures(pictures: Tensor, what: str) -> None:
    """Raises ValueError unless `pictures` are (B, 3, H, W), at least one, floats in [-1, 1] without NaN.

    `what` names the pictures in the message: "generated", "photo".
    """
    if pictures.ndim != 4 or pictures.shape[1] != 3 or pictures.numel() == 0:
        shape = tuple(pictures.shape)
        raise ValueError(
            f"{what} pictures have shape {shape}; metrics take (B, 3, H, W) with at least one picture"
        )
    if not pictures.is_floating_point():
        raise ValueError(f"{what} pictures are {pictures.dtype}; metrics take floats in [-1, 1]")
    if bool(torch.isnan(pictures).any()):
        raise ValueError(f"{what} pictures hold NaN, which no metric can measure: has the training diverged?")
    furthest = float(pictures.abs().max())
    if furthest > 1 + RANGE_TOLERANCE:
        raise ValueError(
            f"{what} pictures reach {furthest:.4g}; metrics take values in [-1, 1]: rescale them"
        )


def check_pairs(generated: Tensor, photo: Tensor) -> None:
    """Raises ValueError unless both are pictures as `check_pictures` wants them, of one shape."""
    check_pictures(generated, "generated")
    check_pictures(photo, "photo")
    if generated.shape != photo.shape:
        raise ValueError(
            f"generated pictures have shape {tuple(generated.shape)}, their photos {tuple(photo.shape)};"
            " compare pictures of one size: resize the photos as the protocol says"
        )


def check_ids(ids: Tensor, classes: int, what: str = "label maps hold", least: int = 0) -> None:
    """Raises ValueError unless all ids lie in `least` to classes - 1."""
    lowest, highest = int(ids.min()), int(ids.max())
    if lowest < least or highest >= classes:
        wrong = lowest if lowest < least else highest
        raise ValueError(f"{what} the id {wrong}; ids lie in 0 to {classes - 1}: check them and num_classes")


def quantise(pictures: Tensor) -> Tensor:
    """Float in [-1, 1], rounded to what an 8-bit file holds; quantising twice changes nothing."""
    return from_uint8(to_uint8(pictures))


def check_count(features: Tensor, least: int, metric: str) -> None:
    """Raises ValueError where a set of features (N, C) has fewer than `least` pictures."""
    if len(features) < least:
        raise ValueError(f"{metric} takes at least {least} pictures, a set has {len(features)}")


class PictureMetric(Metric):
    """The mean over pictures of one value per picture, which a subclass returns from `values`.

    `latest` (B,): the values of the last batch. The sum is float64, over all processes; torchmetrics'
    `MeanMetric` would round values to float32 once it has been moved to a device.
    """

    full_state_update = False
    total: Tensor
    count: Tensor
    latest: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")

    def values(self, generated: Tensor, photo: Tensor) -> Tensor:
        """One value per picture, (B,) float64, of checked pictures (B, 3, H, W) in [-1, 1]."""
        raise NotImplementedError

    def update(self, generated: Tensor, photo: Tensor) -> None:
        """Adds a batch, both (B, 3, H, W) in [-1, 1]; raises ValueError for anything else."""
        check_pairs(generated, photo)
        self.latest = self.values(generated, photo)
        self.total += self.latest.sum()
        self.count += len(self.latest)

    def compute(self) -> Tensor:
        """The mean, a scalar; raises ValueError where no picture was added."""
        if self.count == 0:
            raise ValueError(f"{type(self).__name__} has seen no pictures; add at least one pair")
        return self.total / self.count
