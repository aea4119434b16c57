"""The norms with constant weights: standardisation by running averages is folded into scale and shift."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition, upsample
from models.kernels.conv import GammaBetaConv2d
from models.kernels.inference.constant_conv import ConstantConv
from models.kernels.modulation import tiled_modulation
from models.kernels.patch_index import region_of_pixels
from models.kernels.standardise import EPS
from models.kernels.upsample_norm_act import (
    clade_rows,
    has_noise_map,
    is_spade_indexed,
    region_noise,
    sean_index,
    spade_index,
)
from models.layers.class_linear import class_embedding
from models.norms.clade import Clade
from models.norms.noisy_spade import NoisySpade
from models.norms.norm import ConditionalNorm
from models.norms.sean import Sean
from models.norms.spade import Spade
from models.norms.statistics import BatchStatistics, Standardise


class ConstantNorm(nn.Module):
    """A norm made ready, which `upsample_norm_act` calls with a condition at the size of the result."""

    def forward(self, x: Tensor, condition: Condition, slope: float | None = None) -> Tensor:
        """Maps of the condition's size, from maps of that size or a whole number of times smaller."""
        raise NotImplementedError(f"{type(self).__name__} must say how it normalises")


class ConstantClade(ConstantNorm):
    """CLADE: the rows are its parameters; with noise those of a sample, its share added."""

    rows: Tensor
    noise_weight: Tensor | None

    @torch.no_grad()
    def __init__(self, clade: Clade) -> None:
        super().__init__()
        affine = as_affine(clade.standardise)
        self.standardise = clade.standardise if affine is None else nn.Identity()
        rows = fold(clade.gamma.double().T, clade.beta.double().T, affine)  # (C, K) each
        self.register_buffer("rows", torch.cat(rows).T.contiguous().to(clade.gamma.dtype))  # (K, 2 C)
        noise_weight = None
        if clade.noise_width:
            gamma_weight, beta_weight = clade.noise_pair.weight.double().chunk(2)  # (C, N, 1, 1) each
            noise_weight = torch.cat(fold(gamma_weight, beta_weight, affine)).to(clade.gamma.dtype)
        self.register_buffer("noise_weight", noise_weight)

    def forward(self, x: Tensor, condition: Condition, slope: float | None = None) -> Tensor:
        x, rows, labels = self.standardise(x), self.rows, condition.labels
        is_map = self.noise_weight is not None and has_noise_map(condition)
        if self.noise_weight is not None and not is_map:
            rows = clade_rows(rows, self.noise_weight, condition)  # (B K, 2 C)
            labels = region_of_pixels(condition, len(self.rows)).indices.view(labels.shape)
        if labels.is_cpu and not is_map:
            return tiled_modulation(x, rows, labels, slope)
        # On accelerators the pass in blocks has not been measured.
        pair = class_embedding(rows, labels)  # (B, 2 C, H, W)
        if is_map and self.noise_weight is not None:
            pair = pair + F.conv2d(condition.noise_maps().to(rows.dtype), self.noise_weight)
        scale, shift = pair.chunk(2, dim=1)  # (B, C, H, W) each
        y = torch.addcmul(shift, upsample(x, condition.size), scale)
        return y if slope is None else F.leaky_relu_(y, slope)


class ConstantSpade(ConstantNorm):
    """SPADE, with or without added noise."""

    @torch.no_grad()
    def __init__(self, spade: Spade) -> None:
        super().__init__()
        self.classes, self.kernel_size = spade.classes, spade.kernel_size
        self.noise_width = spade.noise_width
        self.implementation = spade.implementation
        self.noise = spade.noise if isinstance(spade, NoisySpade) else None
        self.affine = as_affine(spade.standardise)
        self.standardise = spade.standardise if self.affine is None else nn.Identity()
        self.shared = ConstantConv(spade.shared)
        self.pair = ConstantConv(self._folded_pair(spade))

    def _folded_pair(self, spade: Spade) -> nn.Conv2d:
        return folded_pair(spade.pair, self.affine)

    def forward(self, x: Tensor, condition: Condition, slope: float | None = None) -> Tensor:
        if self.noise is not None and condition.rng is not None:
            x = self.noise(upsample(x, condition.size), condition.rng)
        x = self.standardise(x)
        if is_spade_indexed(self, condition, *self.label_convs()):
            return tiled_modulation(x, *self.rows(condition), slope)
        scale, shift = self.maps(condition).chunk(2, dim=1)  # (B, C, H, W) each
        y = torch.addcmul(shift, upsample(x, condition.size), scale)
        return y if slope is None else F.leaky_relu_(y, slope)

    def label_convs(self) -> tuple[nn.Conv2d, ...]:
        """As in `Spade`."""
        return self.shared.conv, self.pair.conv

    def rows(self, condition: Condition) -> tuple[Tensor, Tensor]:
        """Scale and shift of each unique patch, (N, 2 C), and that of each pixel, (B, H, W)."""
        index, has_edges = spade_index(self, condition), condition.edges is not None
        noise = region_noise(index, condition, self.classes)
        first = self.shared.of_ids(self.classes, has_edges, index.ids_to_first, noise).relu_()
        return self.pair.of_rows(first, index.first_to_second), index.second.pixels

    def maps(self, condition: Condition) -> Tensor:
        """Scale and shift of each pixel by dense convolutions, (B, 2 C, H, W)."""
        inputs = condition.one_hot(self.classes, self.shared.bias, self.noise_width)  # (B, K + N, H, W)
        return self.pair.of_maps(self.shared.of_maps(inputs).relu_())


class ConstantSean(ConstantSpade):
    """SEAN: SPADE's rows, and for each unique patch of regions one of the style's."""

    @torch.no_grad()
    def __init__(self, sean: Sean) -> None:
        super().__init__(sean)
        shares = (torch.sigmoid(blend.double()) for blend in (sean.blending_gamma, sean.blending_beta))
        self.style_kernel_size = sean.style_kernel_size
        self.style_linear = sean.style_linear
        self.style_pair = ConstantConv(folded_pair(sean.style_pair, self.affine, *shares))

    def _folded_pair(self, spade: Spade) -> nn.Conv2d:
        assert isinstance(spade, Sean)
        rest = (1 - torch.sigmoid(blend.double()) for blend in (spade.blending_gamma, spade.blending_beta))
        return folded_pair(spade.pair, self.affine, *rest)

    def label_convs(self) -> tuple[nn.Conv2d, ...]:
        return *super().label_convs(), self.style_pair.conv

    def rows(self, condition: Condition) -> tuple[Tensor, Tensor]:
        spade, _ = super().rows(condition)
        index = sean_index(self, condition)
        assert condition.styles is not None, "SEAN needs a style code a region"
        codes = F.relu(self.style_linear.of_regions(condition.styles, index.present))  # (R, D)
        style = self.style_pair.of_rows(codes, index.codes_to_regions)
        return index.rows_to_sums.sum(torch.cat([spade, style])), index.pixels

    def maps(self, condition: Condition) -> Tensor:
        assert condition.styles is not None, "SEAN needs a style code a region"
        codes = F.relu(self.style_linear(condition.styles))  # (B, K, D)
        return super().maps(condition) + self.style_pair.of_maps(class_embedding(codes, condition.labels))


def constant_norm(norm: ConditionalNorm) -> nn.Module:
    """The norm made ready, for norms that have anything constant; others as they are."""
    if isinstance(norm, Sean):
        return ConstantSean(norm)
    if isinstance(norm, Spade):
        return ConstantSpade(norm)
    return ConstantClade(norm) if isinstance(norm, Clade) else norm


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
    gamma_fraction: Tensor | float = 1,
    beta_fraction: Tensor | float = 1,
) -> nn.Conv2d:
    """The convolution that gives scale and shift themselves, from that of gamma and beta: scale = 1 + gamma.

    `gamma_fraction` and `beta_fraction` weigh the pair where it is one of several that are summed (SEAN's
    blend); the fractions of all sum to 1. Computed in float64.
    """
    assert pair.bias is not None
    gamma_weight, beta_weight = pair.weight.double().chunk(2)  # (C, C_in, k, k) each
    gamma_bias, beta_bias = pair.bias.double().chunk(2)  # (C,) each
    weights = fold(gamma_fraction * gamma_weight, beta_fraction * beta_weight, affine)
    biases = fold(gamma_fraction * (1 + gamma_bias), beta_fraction * beta_bias, affine)
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
