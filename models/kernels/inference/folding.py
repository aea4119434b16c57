"""Standardisation by fixed statistics as a part of the scale and shift that follow it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from models.kernels.gamma_beta_conv import GammaBetaConv2d
from models.norms.statistics import EPS, BatchStatistics, Standardise


class Affine(NamedTuple):
    """x -> factor * x + offset, one number a channel each, float64 (C,)."""

    factor: Tensor
    offset: Tensor


def as_affine(standardise: Standardise) -> Affine | None:
    """Standardisation by running averages as constants; None where statistics are those of the maps."""
    if not isinstance(standardise, BatchStatistics):
        return None
    factor = torch.rsqrt(standardise.running_var.double() + EPS)
    return Affine(factor, -standardise.running_mean.double() * factor)


def fold(scale: Tensor, shift: Tensor, affine: Affine | None) -> tuple[Tensor, Tensor]:
    """Scale and shift of maps that are not standardised yet; channels are the first axis.

    scale * (f x + o) + shift = (f scale) x + (o scale + shift). Linear, so it holds for the weights that
    scale and shift are computed with as for themselves.
    """
    if affine is None:
        return scale, shift
    factor, offset = (number.view(-1, *[1] * (scale.dim() - 1)) for number in affine)
    return factor * scale, offset * scale + shift


@torch.no_grad()
def folded_pair(
    pair: GammaBetaConv2d,
    affine: Affine | None,
    gamma_share: Tensor | float = 1,
    beta_share: Tensor | float = 1,
) -> nn.Conv2d:
    """The convolution that gives scale and shift themselves, from that of gamma and beta: scale = 1 + gamma.

    `gamma_share` and `beta_share` weigh the pair where it is one of several that are summed (SEAN's blend);
    the shares of all sum to 1. Computed in float64.
    """
    assert pair.bias is not None
    gamma_weight, beta_weight = pair.weight.double().chunk(2)  # (C, C_in, k, k) each
    gamma_bias, beta_bias = pair.bias.double().chunk(2)  # (C,) each
    weights = fold(gamma_share * gamma_weight, beta_share * beta_weight, affine)
    biases = fold(gamma_share * (1 + gamma_bias), beta_share * beta_bias, affine)
    folded = nn.Conv2d(
        pair.in_channels,
        pair.out_channels,
        pair.kernel_size,  # type: ignore[arg-type]
        padding=pair.padding,  # type: ignore[arg-type]
        device=pair.weight.device,
        dtype=pair.weight.dtype,
    )
    folded.weight.copy_(torch.cat(weights))
    folded.bias.copy_(torch.cat(biases))  # type: ignore[union-attr]
    return folded
