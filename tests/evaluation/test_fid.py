"""Fréchet distance against scipy's matrix square root, closed forms, torchmetrics and torch-fidelity."""

import numpy as np
import pytest
import scipy.linalg
import torch
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torchmetrics.image.fid import FrechetInceptionDistance

from evaluation.fid import frechet_distance


def features(count, width, seed, shift=0.0):
    random = torch.Generator().manual_seed(seed)
    mixture = torch.randn(width, width, generator=random, dtype=torch.float64)
    return torch.randn(count, width, generator=random, dtype=torch.float64) @ mixture + 3 + shift


def scipy_distance(first, second):
    first, second = first.numpy(), second.numpy()
    root = scipy.linalg.sqrtm(np.cov(first.T) @ np.cov(second.T))
    means = np.sum((first.mean(0) - second.mean(0)) ** 2)
    return means + np.trace(np.cov(first.T) + np.cov(second.T) - 2 * root.real)


def test_agrees_with_scipy():
    first, second = features(200, 24, 1), features(150, 24, 2, shift=0.5)
    found = frechet_distance(first, second)
    assert found == pytest.approx(scipy_distance(first, second), rel=1e-6)


def test_agrees_with_torchmetrics_where_sets_are_large_enough():
    class AsTheyAre(torch.nn.Module):
        num_features = 24

        def forward(self, x):
            return x

    first, second = features(300, 24, 3), features(300, 24, 4)
    theirs = FrechetInceptionDistance(feature=AsTheyAre())
    theirs.update(first, real=True)
    theirs.update(second, real=False)
    found = frechet_distance(first, second)
    assert found == pytest.approx(float(theirs.compute()), rel=1e-6)


def test_agrees_with_torch_fidelity():
    first, second = features(300, 24, 11), features(250, 24, 12, shift=0.3)
    statistics = [fid_features_to_statistics(x) for x in (first, second)]
    expected = fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-6)


def test_sets_smaller_than_the_feature_dimension_are_exact():
    first, second = features(7, 40, 5), features(9, 40, 6)
    # On the centred data themselves: tr (Σ₁Σ₂)^½ is the sum of the singular values of X₁ X₂ᵀ.
    x = (first - first.mean(0)).numpy() / np.sqrt(6)
    y = (second - second.mean(0)).numpy() / np.sqrt(8)
    overlap = np.linalg.svd(x @ y.T, compute_uv=False).sum()
    means = float((first.mean(0) - second.mean(0)).square().sum())
    expected = means + (x**2).sum() + (y**2).sum() - 2 * overlap
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-10)


def test_diagonal_gaussians_have_their_closed_form():
    # Points at the mean ± a_i along each axis: a diagonal covariance known by hand.
    def points(mean, spread):
        steps = torch.diag(torch.tensor(spread, dtype=torch.float64))
        return torch.cat([mean + steps, mean - steps])

    first, second = points(1.0, [1.0, 2.0, 3.0]), points(1.5, [2.0, 2.0, 1.0])
    # The covariance along axis i is 2 a_i² / 5, from six points.
    scale = (2 / 5) ** 0.5
    expected = 3 * 0.25 + scale**2 * ((1 - 2) ** 2 + 0 + (3 - 1) ** 2)
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("count", [5, 100])
def test_a_set_has_no_distance_to_itself(count):
    x = features(count, 24, 7)
    assert 0 <= frechet_distance(x, x) < 1e-9 * float(x.var(dim=0).sum())


def test_pictures_all_the_same_have_no_variance():
    x, y = torch.full((6, 8), 2.5), torch.full((6, 8), 1.5)
    assert frechet_distance(x, x) == 0
    assert frechet_distance(x, y) == pytest.approx(8, rel=1e-12)


def test_order_does_not_show():
    x, other = features(60, 24, 8), features(60, 24, 9)
    shuffled = x[torch.randperm(60, generator=torch.Generator().manual_seed(1))]
    assert frechet_distance(shuffled, other) == pytest.approx(frechet_distance(x, other), rel=1e-11)


def test_more_noise_is_further():
    x = features(300, 12, 10)
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    distances = [frechet_distance(x, x + amount * noise) for amount in (0, 0.5, 1, 2)]
    assert distances == sorted(distances)
    assert distances[1] > 0


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_pictures_are_refused(count):
    with pytest.raises(ValueError, match=rf"at least 2 pictures, a set has {count}"):
        frechet_distance(features(5, 4, 1), torch.ones(count, 4))
