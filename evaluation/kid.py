"""Kernel distance between two sets of pictures: KID where the features are Inception's.

Bińkowski et al., "Demystifying MMD GANs", 2018, section 4: the squared maximum mean discrepancy of features
under the kernel k(x, y) = (xᵀy / C + 1)³, by its unbiased estimator,

    d² = mean over i ≠ j of k(xᵢ, xⱼ) + mean over i ≠ j of k(yᵢ, yⱼ) − 2 mean over i, j of k(xᵢ, yⱼ).

torchmetrics and torch-fidelity average it over random subsets of the features (a thousand at a time). Here
it is taken over all pairs at once: the value those averages scatter around, without anything drawn, so that
neither order nor the number of processes shows, and sets of different or small size need no other rule.
"""

from __future__ import annotations

from torch import Tensor

BLOCK = 2048  # rows of the kernel matrix in memory at a time


def kernel_distance(first: Tensor, second: Tensor) -> float:
    """The unbiased estimate from features (N, C) and (M, C), N and M at least 2.

    Unbiased means that sets of one distribution give 0 on average, so that it may come out slightly below 0;
    that of a set to itself is below 0 by what the pairs i = j add.
    Raises ValueError for fewer than two pictures.
    """
    for features in (first, second):
        if len(features) < 2:
            raise ValueError(
                f"a kernel distance was asked of a set of {len(features)} picture(s); its estimator takes at"
                " least 2"
            )
    x, y = first.double(), second.double()  # (N, C), (M, C)
    n, m = len(x), len(y)
    within_x = (_kernel_sum(x, x) - _kernel_diagonal(x)) / (n * (n - 1))
    within_y = (_kernel_sum(y, y) - _kernel_diagonal(y)) / (m * (m - 1))
    return float(within_x + within_y - 2 * _kernel_sum(x, y) / (n * m))


def _kernel(products: Tensor, num_features: int) -> Tensor:
    return (products / num_features + 1) ** 3


def _kernel_sum(x: Tensor, y: Tensor) -> Tensor:
    rows = [_kernel(block @ y.T, x.shape[1]).sum() for block in x.split(BLOCK)]
    return sum(rows[1:], start=rows[0])


def _kernel_diagonal(x: Tensor) -> Tensor:
    return _kernel(x.square().sum(dim=1), x.shape[1]).sum()
