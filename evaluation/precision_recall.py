"""Precision and recall of a set of generated pictures, which tell blur from collapse.

Kynkäänniemi et al., "Improved Precision and Recall Metric for Assessing Generative Models", 2019, eqs. 1-3:
a set is surrounded by balls, one a picture, that reach to its third nearest neighbour in the set. Precision
is the share of generated pictures that lie in a ball of the photos (low: unlike photographs, blurred);
recall the share of photos that lie in a ball of the generated pictures (low: not all kinds are generated).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

NEIGHBOURS = 3  # the paper's k
BLOCK = 2048  # rows of the distance matrix in memory at a time


class PrecisionRecall(NamedTuple):
    """Both from 0 to 1; higher is better."""

    precision: float
    recall: float


def precision_recall(generated: Tensor, photos: Tensor) -> PrecisionRecall:
    """From features (N, C) and (M, C); N and M are at least 4, that each has a third neighbour.

    With fewer pictures than some thousands the balls are wide and both come out high: compare figures of one
    count only. Raises ValueError for fewer than four pictures.
    """
    for features in (generated, photos):
        if len(features) <= NEIGHBOURS:
            raise ValueError(
                f"precision and recall were asked of a set of {len(features)} picture(s); a third nearest"
                f" neighbour takes at least {NEIGHBOURS + 1}"
            )
    # float64: in float32 pictures that are the same would not lie in their own ball for rounding.
    x, y = generated.double(), photos.double()
    return PrecisionRecall(_share_within(x, y), _share_within(y, x))


def _share_within(points: Tensor, centres: Tensor) -> float:
    """The share of `points` (N, C) that lie in the ball of any of `centres` (M, C)."""
    radii = torch.cat(
        [_distances(block, centres).kthvalue(NEIGHBOURS + 1).values for block in _blocks(centres)]
    )
    within = [(_distances(block, centres) <= radii).any(dim=1) for block in _blocks(points)]  # (block,) each
    return float(torch.cat(within).double().mean())


def _blocks(points: Tensor) -> tuple[Tensor, ...]:
    return points.split(BLOCK)


def _distances(points: Tensor, centres: Tensor) -> Tensor:
    # Differences, not products: those would leave a point at 1e-7 from itself.
    return torch.cdist(points, centres, compute_mode="donot_use_mm_for_euclid_dist")  # (N, M)
