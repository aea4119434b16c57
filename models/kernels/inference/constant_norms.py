"""The norms with constant weights: batch norm folded into the rows of scale and shift."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition, enlarged
from models.kernels.class_embedding import class_embedding
from models.kernels.dispatch import is_pair_indexed
from models.kernels.inference.constant_conv import ConstantConv
from models.kernels.inference.folding import as_affine, fold, folded_pair
from models.kernels.tiled_modulation import tiled_modulation
from models.norms.clade import Clade
from models.norms.noisy_spade import NoisySpade
from models.norms.norm import ConditionalNorm
from models.norms.sean import Sean
from models.norms.spade import Spade


class ConstantNorm(nn.Module):
    """A norm made ready; called as `ConditionalNorm` is."""

    def forward(
        self,
        x: Tensor,
        condition: Condition,
        slope: float | None = None,
        size: tuple[int, int] | None = None,
    ) -> Tensor:
        """As `ConditionalNorm.forward`."""
        size = (x.shape[-2], x.shape[-1]) if size is None else size
        return self.normalised(x, condition.at(size), slope)

    def normalised(self, x: Tensor, condition: Condition, slope: float | None) -> Tensor:
        """Maps of the condition's size, from maps of that size or a whole number of times smaller."""
        raise NotImplementedError(f"{type(self).__name__} must say how it normalises")


class ConstantClade(ConstantNorm):
    """CLADE: the rows are its parameters."""

    rows: Tensor

    @torch.no_grad()
    def __init__(self, clade: Clade) -> None:
        super().__init__()
        affine = as_affine(clade.standardise)
        self.standardise = clade.standardise if affine is None else nn.Identity()
        rows = fold(clade.gamma.double().T, clade.beta.double().T, affine)  # (C, K) each
        self.register_buffer("rows", torch.cat(rows).T.contiguous().to(clade.gamma.dtype))  # (K, 2 C)

    def normalised(self, x: Tensor, condition: Condition, slope: float | None) -> Tensor:
        x = self.standardise(x)
        if condition.labels.is_cpu:
            return tiled_modulation(x, self.rows, condition.labels, slope)
        # On accelerators the pass in blocks has not been measured.
        scale, shift = class_embedding(self.rows, condition.labels).chunk(2, dim=1)  # (B, C, H, W) each
        y = torch.addcmul(shift, enlarged(x, condition.size), scale)
        return y if slope is None else F.leaky_relu_(y, slope)


class ConstantSpade(ConstantNorm):
    """SPADE, with or without added noise."""

    @torch.no_grad()
    def __init__(self, spade: Spade) -> None:
        super().__init__()
        self.classes, self.kernel_size = spade.classes, spade.kernel_size
        self.implementation = spade.implementation
        self.noise = spade.noise if isinstance(spade, NoisySpade) else None
        self.affine = as_affine(spade.standardise)
        self.standardise = spade.standardise if self.affine is None else nn.Identity()
        self.shared = ConstantConv(spade.shared)
        self.pair = ConstantConv(self._folded_pair(spade))

    def _folded_pair(self, spade: Spade) -> nn.Conv2d:
        return folded_pair(spade.pair, self.affine)

    def normalised(self, x: Tensor, condition: Condition, slope: float | None) -> Tensor:
        if self.noise is not None and condition.noise is not None:
            x = self.noise(enlarged(x, condition.size), condition.noise)
        x = self.standardise(x)
        if is_pair_indexed(self.implementation, condition, self.classes, *self.label_convs()):
            return tiled_modulation(x, *self.rows(condition), slope)
        scale, shift = self.maps(condition).chunk(2, dim=1)  # (B, C, H, W) each
        y = torch.addcmul(shift, enlarged(x, condition.size), scale)
        return y if slope is None else F.leaky_relu_(y, slope)

    def label_convs(self) -> tuple[nn.Conv2d, ...]:
        """As in `Spade`."""
        return self.shared.conv, self.pair.conv

    def rows(self, condition: Condition) -> tuple[Tensor, Tensor]:
        """Scale and shift of each distinct neighbourhood, (N, 2 C), and that of each pixel, (B, H, W)."""
        index = condition.index(self.classes, self.kernel_size)
        first = self.shared.of_ids(self.classes, condition.edges is not None, index.ids_to_first).relu_()
        return self.pair.of_rows(first, index.first_to_second), index.second.pixels

    def maps(self, condition: Condition) -> Tensor:
        """Scale and shift of each pixel by dense convolutions, (B, 2 C, H, W)."""
        one_hot = condition.one_hot(self.classes, like=self.shared.bias)
        return self.pair.of_maps(self.shared.of_maps(one_hot).relu_())


class ConstantSean(ConstantSpade):
    """SEAN: SPADE's rows, and for each distinct neighbourhood of regions one of the style's."""

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
        index = condition.region_index(self.classes, self.kernel_size, self.style_kernel_size)
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
