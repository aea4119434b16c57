"""Fréchet distance between two sets of pictures, each described by the Gaussian of its features.

Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium", 2017,
eq. 6 (there with Inception's features: FID); Dowson & Landau, "The Fréchet Distance between Multivariate
Normal Distributions", 1982:

    d² = |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½)

torchmetrics' `FrechetInceptionDistance` takes the roots of the eigenvalues of Σ₁Σ₂; where a set is smaller
than the feature dimension most are zero, and rounding puts the distance 1e-5 too low. With factors Σ = Aᵀ A,
tr (Σ₁ Σ₂)^½ is the sum of the singular values of A₁ A₂ᵀ, exact for every rank.
"""

from __future__ import annotations

import torch
from torch import Tensor

from evaluation.pictures import check_count


def frechet_distance(first: Tensor, second: Tensor) -> float:
    """The squared distance d² of two sets of features, (N, C) and (M, C); 0 where they are the same.

    From fewer pictures than there are features it is exact as well, but as an estimate for the distributions
    behind the sets it is then too high: compare values of one count only. Raises ValueError for fewer than
    two pictures.
    """
    (mean, factor), (other_mean, other_factor) = _gaussian(first), _gaussian(second)
    traces = factor.square().sum() + other_factor.square().sum()
    overlap = torch.linalg.svdvals(factor @ other_factor.T).sum()
    # Rounding may leave a set's distance to itself at -1e-13; a distance is never negative.
    return max(0.0, float((mean - other_mean).square().sum() + traces - 2 * overlap))


def _gaussian(features: Tensor) -> tuple[Tensor, Tensor]:
    """The mean (C,) and a factor A (at most C rows, C) of the unbiased covariance Σ = Aᵀ A, in float64."""
    check_count(features, 2, "a Fréchet distance")
    x = features.double()  # (N, C)
    mean = x.mean(dim=0)
    factor = (x - mean) / (len(x) - 1) ** 0.5
    return mean, torch.linalg.qr(factor, mode="r").R if len(x) > x.shape[1] else factor
