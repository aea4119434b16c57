"""Up-sampling, norm and activation as one pass: the seam between the norms' equations and their fast form.

A norm's own file says what it computes. Here is what it is computed by where that is cheaper: its scale and
shift as a table whose rows pixels share. Norms that are in no table of this file are right without it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition, upsample
from models.kernels.conv import GammaBetaConv2d
from models.kernels.dispatch import FINDING, LOOK_UP, Costs, is_indexed, is_twice_differentiable
from models.kernels.indexed_conv import RegionNoise, convolve_ids, convolve_rows, embedding_bag
from models.kernels.modulation import ModulationTable, modulate
from models.kernels.patch_index import (
    PatchIndex,
    RegionPatchIndex,
    class_of_pixels,
    patch_index,
    region_of_pixels,
    region_patch_index,
)
from models.norms.clade import Clade
from models.norms.noisy_spade import NoisySpade
from models.norms.norm import ConditionalNorm
from models.norms.sean import Sean
from models.norms.spade import Spade
from models.norms.statistics import BatchStatistics, SyncBatchStatistics


def upsample_norm_act(
    norm: nn.Module, x: Tensor, condition: Condition, slope: float | None, size: tuple[int, int]
) -> Tensor:
    """leaky(norm(upsample(x))) of feature maps (B, C, H, W) at `size`; the same type out.

    `size`: x's own or a whole number of times larger, by nearest; `slope`: of the leaky ReLU, None without
    one.
    """
    condition = condition.at(size)
    if not isinstance(norm, ConditionalNorm):  # made ready for inference, which knows the rest itself
        return norm(x, condition, slope)
    if isinstance(norm, NoisySpade) and condition.rng is not None:
        x = norm.noise(upsample(x, size), condition.rng)
    table, standardise = modulation_table(norm, condition), norm.standardise
    copies = (size[0] // x.shape[-2]) ** 2
    if isinstance(standardise, SyncBatchStatistics) and standardise.is_shared():
        # Processes may take different forms, but must ask each other the same questions.
        x = standardise(x, copies)
    elif table is not None and isinstance(standardise, BatchStatistics):
        return modulate(x, table, size, standardise.moments(x, copies), slope)
    else:
        x = standardise(x if table is not None else upsample(x, size))
    if table is not None:
        return modulate(x, table, size, None, slope)
    scale, shift = norm.modulation(condition)
    y = torch.addcmul(shift, upsample(x, size), scale).to(x.dtype)
    return y if slope is None else F.leaky_relu(y, slope)


def modulation_table(norm: ConditionalNorm, condition: Condition) -> ModulationTable | None:
    """A norm's scale and shift as a table whose rows pixels share; None where that is no cheaper."""
    make = TABLES.get(type(norm))  # exactly: a subclass may have another equation
    return None if make is None else make(norm, condition)


def spade_table(norm: Spade, condition: Condition) -> ModulationTable | None:
    """A row for each unique patch of patches of the label map."""
    if not is_spade_indexed(norm, condition, norm.shared, norm.pair):
        return None
    index = spade_index(norm, condition)
    return ModulationTable(_spade_rows(norm, condition, index), index.second_to_pixels)


def _spade_rows(norm: Spade, condition: Condition, index: PatchIndex) -> Tensor:
    """Scale and shift of each unique patch side by side, (N, 2 C)."""
    has_edges = condition.edges is not None
    noise = region_noise(index, condition, norm.classes)
    activation = F.relu(convolve_ids(norm.shared, norm.classes, has_edges, index.ids_to_first, noise))
    return convolve_rows(norm.pair, activation, index.first_to_second, scale_and_shift_bias(norm.pair))


def sean_table(norm: Sean, condition: Condition) -> ModulationTable | None:
    """SPADE's rows and the style's in one table: a pixel's pair is the sum of one of each, weighted.

    A style map takes one value a region, so its convolution is needed once for each unique patch of regions.
    """
    if not is_spade_indexed(norm, condition, norm.shared, norm.pair, norm.style_pair):
        return None
    spade = _spade_rows(norm, condition, spade_index(norm, condition))
    index = sean_index(norm, condition)
    assert condition.styles is not None, "SEAN needs a style code a region"
    codes = F.relu(norm.style_linear.of_regions(condition.styles, index.present))  # (R, D)
    bias = scale_and_shift_bias(norm.style_pair)
    style = convolve_rows(norm.style_pair, codes, index.codes_to_regions, bias)  # (N_style, 2 C)
    blend = torch.sigmoid(torch.cat([norm.blending_gamma, norm.blending_beta])).to(style.dtype)  # (2,)
    blend = blend.repeat_interleave(style.shape[1] // 2)  # (2 C,)
    table = torch.cat([(1 - blend) * spade, blend * style])
    return ModulationTable(embedding_bag(table, index.rows_to_sums), index.sums_to_pixels)


def clade_table(norm: Clade, condition: Condition) -> ModulationTable | None:
    """A row a class; with noise a row a class of each sample."""
    # On accelerators the indexed form has not been measured.
    if torch.compiler.is_compiling() or is_twice_differentiable() or not condition.labels.is_cpu:
        return None
    rows = torch.cat([norm.gamma, norm.beta], dim=1)  # (K, 2 C)
    if not norm.noise_width:
        return ModulationTable(rows, class_of_pixels(condition, len(rows)))
    if has_noise_map(condition):
        return None
    to_pixels = region_of_pixels(condition, len(rows))
    return ModulationTable(clade_rows(rows, norm.noise_pair.weight, condition), to_pixels)


def clade_rows(rows: Tensor, noise_weight: Tensor, condition: Condition) -> Tensor:
    """The rows (K, 2 C) with the noise's share (2 C, N, 1, 1), for each sample: (B K, 2 C)."""
    assert condition.noise is not None, "a generator draws the noise that its condition lacks"
    shares = F.linear(condition.noise.to(rows.dtype), noise_weight[..., 0, 0])  # (B, 2 C) or (B, K, 2 C)
    return (rows + (shares if shares.dim() == 3 else shares[:, None])).flatten(0, 1)


TABLES: dict[type[ConditionalNorm], Callable[[Any, Condition], ModulationTable | None]] = {
    Spade: spade_table,
    NoisySpade: spade_table,
    Sean: sean_table,
    Clade: clade_table,
}


def scale_and_shift_bias(pair: GammaBetaConv2d) -> Tensor:
    """The bias of gamma and beta (2 C,) as that of scale and shift: scale = 1 + gamma."""
    assert pair.bias is not None
    gamma, beta = pair.bias.chunk(2)
    return torch.cat([1 + gamma, beta])


def has_noise_map(condition: Condition) -> bool:
    """Whether noise differs from pixel to pixel, so that no two of them share a row."""
    return condition.noise is not None and condition.noise.dim() == 4


class SpadeLike(Protocol):
    """What the indexed form asks of SPADE, whether it is trained or made ready for inference."""

    classes: int
    kernel_size: int
    noise_width: int
    implementation: str


class SeanLike(SpadeLike, Protocol):
    """The same of SEAN."""

    style_kernel_size: int


def spade_index(norm: SpadeLike, condition: Condition) -> PatchIndex:
    """The index of the label maps for a norm."""
    return patch_index(condition, norm.classes, norm.kernel_size, norm.noise_width > 0)


def sean_index(norm: SeanLike, condition: Condition) -> RegionPatchIndex:
    """The index of the label maps' regions for a norm."""
    kernel_sizes = norm.kernel_size, norm.style_kernel_size
    return region_patch_index(condition, norm.classes, *kernel_sizes, norm.noise_width > 0)


def region_noise(index: PatchIndex, condition: Condition, classes: int) -> RegionNoise | None:
    """The noise of an index's regions; None where the index is without noise."""
    if index.regions is None:
        return None
    assert condition.noise is not None, "a generator draws the noise that its condition lacks"
    return index.regions.noise(condition.noise, classes)


def is_spade_indexed(
    norm: SpadeLike,
    condition: Condition,
    shared: nn.Conv2d,
    pair: nn.Conv2d,
    style_pair: nn.Conv2d | None = None,
) -> bool:
    """`is_indexed` for a convolution of one-hot maps, `shared`, and one of the same kernel on its result.

    `style_pair`: a convolution of a map that takes one value a region, beside them; indexed it costs next to
    nothing. Noise that is a map leaves nothing to share.
    """
    if norm.noise_width and has_noise_map(condition):
        return False

    def costs() -> Costs:
        index = spade_index(norm, condition)
        dense, indexed = spade_costs(index, shared.in_channels, pair.in_channels, pair.out_channels)
        if style_pair is not None:
            dense += condition.labels.numel() * style_pair.weight[0].numel() * style_pair.out_channels
        return Costs(dense, indexed)

    return is_indexed(norm.implementation, condition.labels, costs)


def spade_costs(index: PatchIndex, inputs: int, hidden: int, outputs: int) -> Costs:
    """Of two convolutions in a row: of one-hot maps of `inputs` channels, then from `hidden` to `outputs`."""
    pixels, taps = index.first.pixels.numel(), index.first.ids.shape[1]
    regions = 0 if index.regions is None else len(index.regions)
    firsts = len(index.first) + regions  # the table's own rows are looked up as well
    looked_up = taps * (firsts * hidden + len(index.second) * outputs) + pixels * outputs
    return Costs(
        dense=pixels * taps * hidden * (inputs + outputs),
        indexed=len(index.first) * taps * hidden * outputs + LOOK_UP * looked_up + FINDING * pixels,
    )
