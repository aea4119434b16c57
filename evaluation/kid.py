"""Kernel distance between two sets of pictures: KID where the features are Inception's.

Bińkowski et al., "Demystifying MMD GANs", 2018, section 4: the squared maximum mean discrepancy of features
under the kernel k(x, y) = (xᵀy / C + 1)³, by its unbiased estimator,

    d² = mean over i ≠ j of k(xᵢ, xⱼ) + mean over i ≠ j of k(yᵢ, yⱼ) − 2 mean over i, j of k(xᵢ, yⱼ).

The kernel is torchmetrics', whose metric averages the estimator over random subsets of the features. Here it
is taken over all pairs at once: the value that those averages scatter around, with nothing drawn.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torchmetrics.image.kid import poly_kernel

from evaluation.pictures import check_count

BLOCK = 2048  # rows of the kernel matrix in memory at a time


def kernel_distance(first: Tensor, second: Tensor) -> float:
    """The unbiased estimate from features (N, C) and (M, C), N and M at least 2.

    Unbiased means that sets of one distribution give 0 on average, so that it may come out slightly below 0;
    that of a set to itself is below 0 by what the pairs i = j add.
    Raises ValueError for fewer than two pictures.
    """
    for features in (first, second):
        check_count(features, 2, "a kernel distance")
    x, y = first.double(), second.double()  # (N, C), (M, C)
    return float(_mean_within(x) + _mean_within(y) - 2 * _kernel_sum(x, y) / (len(x) * len(y)))


def _mean_within(x: Tensor) -> Tensor:
    """The mean of the kernel over the pairs i ≠ j."""
    diagonal = (x.square().mean(dim=1) + 1) ** 3  # k(xᵢ, xᵢ)
    return (_kernel_sum(x, x) - diagonal.sum()) / (len(x) * (len(x) - 1))


def _kernel_sum(x: Tensor, y: Tensor) -> Tensor:
    return torch.stack([poly_kernel(block, y).sum() for block in x.split(BLOCK)]).sum()
