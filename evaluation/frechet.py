"""Fréchet distance between two sets of pictures, each described by the Gaussian of its features.

Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium", 2017,
eq. 6 (there with Inception's features: FID); Dowson & Landau, "The Fréchet Distance between Multivariate
Normal Distributions", 1982:

    d² = |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½)

The sums run on torchmetrics' machinery (float64, added up over processes), the closed form is our own.
torchmetrics' `FrechetInceptionDistance` takes the square root of the eigenvalues of Σ₁Σ₂: where a set is
smaller than the feature dimension most of them are zero, rounding makes them 1e-16, the root makes that
1e-8, and a thousand of them put the distance 1e-5 too low (that of a set to itself comes out negative); and
it rounds the result to float32. Factors Σ = A Aᵀ avoid the root: tr (Σ₁ Σ₂)^½ is the sum of the singular
values of A₁ᵀ A₂, exact for every rank.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torchmetrics import Metric


class Gaussian(NamedTuple):
    """Mean (C,) and covariance (C, C), float64, of the features of `images` pictures."""

    mean: Tensor
    covariance: Tensor
    images: int


class FeatureStatistics(Metric):
    """Streams features (B, C) into the Gaussian that describes them; keeps C² numbers, not the features.

    Sums are float64, so neither order nor batch size nor the number of processes shows in the result.
    """

    full_state_update = False
    count: Tensor
    total: Tensor
    products: Tensor

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.add_state("count", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")
        self.add_state("total", torch.zeros(num_features, dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state(
            "products", torch.zeros(num_features, num_features, dtype=torch.float64), dist_reduce_fx="sum"
        )

    def update(self, features: Tensor) -> None:
        """Adds the features (B, C) of a batch; raises ValueError where they are not finite."""
        if not bool(features.isfinite().all()):
            raise ValueError("features hold NaN or infinity; check the pictures they were computed from")
        x = features.to(self.total)  # (B, C) float64
        self.count += x.shape[0]
        self.total += x.sum(dim=0)
        self.products += x.T @ x

    def compute(self) -> Gaussian:
        """The Gaussian with the unbiased covariance; raises ValueError for fewer than two pictures."""
        n = int(self.count)
        if n < 2:
            raise ValueError(
                f"a Fréchet distance was asked of a set of {n} picture(s); a covariance takes at least 2"
            )
        mean = self.total / n
        return Gaussian(mean, (self.products - n * mean.outer(mean)) / (n - 1), n)


def frechet_distance(first: Gaussian, second: Gaussian) -> float:
    """The squared Fréchet distance of two Gaussians, 0 where they are the same; see the file's docstring.

    From fewer pictures than there are features it is exact as well, but as a figure for the distributions
    behind the sets it is then too high: compare figures of one count only.
    """
    means = (first.mean - second.mean).square().sum()
    traces = first.covariance.trace() + second.covariance.trace()
    overlap = torch.linalg.svdvals(_factor(first.covariance).T @ _factor(second.covariance)).sum()
    # Rounding may leave a set's distance to itself at -1e-13; a distance is never negative.
    return max(0.0, float(means + traces - 2 * overlap))


def _factor(covariance: Tensor) -> Tensor:
    """A (C, rank) with A Aᵀ = Σ; directions without variance, but for rounding, are left out."""
    variances, directions = torch.linalg.eigh(covariance)  # (C,) ascending, (C, C) one a column
    rounding = variances[-1] * len(variances) * torch.finfo(variances.dtype).eps
    kept = variances > rounding
    return directions[:, kept] * variances[kept].sqrt()
