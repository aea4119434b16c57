"""Kernel distance against its definition, pair by pair, and against torchmetrics and torch-fidelity."""

import numpy as np
import pytest
import torch
from torch_fidelity.metric_kid import kernel_mmd
from torchmetrics.image.kid import poly_mmd

import evaluation.kid
from evaluation.kid import kernel_distance


def features(count, seed, shift=0.0):
    return torch.randn(count, 7, generator=torch.Generator().manual_seed(seed)).double() + shift


def by_definition(x, y):
    def kernel(a, b):
        return (sum(p * q for p, q in zip(a, b)) / len(a) + 1) ** 3

    x, y = x.tolist(), y.tolist()
    within_x = np.mean([kernel(a, b) for i, a in enumerate(x) for j, b in enumerate(x) if i != j])
    within_y = np.mean([kernel(a, b) for i, a in enumerate(y) for j, b in enumerate(y) if i != j])
    return within_x + within_y - 2 * np.mean([kernel(a, b) for a in x for b in y])


def test_is_its_definition():
    first, second = features(9, 1), features(6, 2, shift=0.4)
    assert kernel_distance(first, second) == pytest.approx(by_definition(first, second), rel=1e-12)


def test_agrees_with_libraries_that_take_all_pairs_at_once():
    first, second = features(40, 3), features(40, 4, shift=0.2)
    found = kernel_distance(first, second)
    assert found == pytest.approx(float(poly_mmd(second, first)), rel=1e-9)
    theirs = kernel_mmd(
        first.numpy(),
        second.numpy(),
        kid_kernel="poly",
        kid_kernel_poly_degree=3,
        kid_kernel_poly_gamma=None,
        kid_kernel_poly_coef0=1.0,
    )
    assert found == pytest.approx(float(theirs), rel=1e-9)


def test_neither_order_nor_blocks_show(monkeypatch):
    first, second = features(30, 5), features(20, 6)
    expected = kernel_distance(first, second)
    monkeypatch.setattr(evaluation.kid, "BLOCK", 7)
    shuffled = first[torch.randperm(30, generator=torch.Generator().manual_seed(0))]
    assert kernel_distance(shuffled, second) == pytest.approx(expected, rel=1e-10)


def test_is_unbiased():
    """Halves of one distribution: 0 on average, on both sides of it."""
    found = [kernel_distance(features(20, 2 * seed), features(20, 2 * seed + 1)) for seed in range(200)]
    assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(len(found))
    assert min(found) < 0 < max(found)


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_pictures_are_refused(count):
    with pytest.raises(ValueError, match=rf"at least 2 pictures, a set has {count}"):
        kernel_distance(features(5, 1), features(count, 2))
