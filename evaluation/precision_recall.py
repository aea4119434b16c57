"""Precision and recall of a set of generated pictures, which tell blur from collapse.

Kynkäänniemi et al., "Improved Precision and Recall Metric for Assessing Generative Models", 2019, eqs. 1-3: a
set is surrounded by balls, one per picture, that reach to its third nearest neighbour in the set. Precision
is the fraction of generated pictures that lie in a ball of the photos (low: unlike photographs, blurred);
recall the fraction of photos that lie in a ball of the generated pictures (low: not all kinds are generated).
Both go from 0 to 1, higher is better, and take at least four pictures on either side, else raise ValueError.
With fewer pictures than some thousands the balls are wide and both come out high: compare values of one count
only.
"""

from __future__ import annotations

import torch
from torch import Tensor

from evaluation.pictures import check_count

NEIGHBOURS = 3  # the paper's k
BLOCK = 2048  # rows of the distance matrix in memory at a time


def precision(generated: Tensor, photos: Tensor) -> float:
    """From features (N, C) and (M, C)."""
    return _fraction_within(generated, photos)


def recall(generated: Tensor, photos: Tensor) -> float:
    """From features (N, C) and (M, C)."""
    return _fraction_within(photos, generated)


def _fraction_within(points: Tensor, centres: Tensor) -> float:
    """The fraction of `points` (N, C) that lie in the ball of any of `centres` (M, C)."""
    for features in (points, centres):
        check_count(features, NEIGHBOURS + 1, "precision or recall")
    # float64: in float32, rounding would put pictures that are the same outside their own ball.
    points, centres = points.double(), centres.double()
    radii = torch.cat(
        [_distances(block, centres).kthvalue(NEIGHBOURS + 1).values for block in centres.split(BLOCK)]
    )
    within = [(_distances(block, centres) <= radii).any(dim=1) for block in points.split(BLOCK)]
    return float(torch.cat(within).double().mean())


def _distances(points: Tensor, centres: Tensor) -> Tensor:
    # Differences, not products: those would leave a point at 1e-7 from itself.
    return torch.cdist(points, centres, compute_mode="donot_use_mm_for_euclid_dist")  # (N, M)
