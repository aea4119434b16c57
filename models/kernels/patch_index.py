"""The index of a label map at one resolution: what indexed layers share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from models.kernels.embedding_bag import BagIndex, bag_index
from models.kernels.unique_patches import UniquePatches, unique_patches


@dataclass(frozen=True)
class PatchIndex:
    """Distinct k x k unique_patches of ids, and the distinct k x k unique_patches of those.

    A convolution of the one-hot map takes one value on each of `first`; a convolution of that takes one
    value on each of `second` (whose reach is twice as far). Some of `first` may lie nowhere.
    """

    first: UniquePatches
    second: UniquePatches

    @cached_property
    def ids_to_first(self) -> BagIndex:
        """From (id, tap) rows to one row a first neighbourhood."""
        return self.first.bag_index()

    @cached_property
    def first_to_second(self) -> BagIndex:
        """From (first neighbourhood, tap) rows to one row a second neighbourhood."""
        return self.second.bag_index()

    @cached_property
    def second_to_pixels(self) -> BagIndex:
        """From second unique_patches to pixels, (B H W)."""
        return one_each(self.second.pixels, len(self.second))


def patch_index(ids: Tensor, count: int, kernel_size: int) -> PatchIndex:
    """Makes the index of id maps (B, H, W) with ids 0 .. count - 1."""
    first = unique_patches(ids, count, kernel_size).in_few_sizes()
    return PatchIndex(first, unique_patches(first.pixels, len(first), kernel_size))


def one_each(rows: Tensor, table_rows: int) -> BagIndex:
    """Each result row is one row of the table: `rows` of any shape, flattened."""
    flat = rows.flatten()
    return BagIndex(flat, torch.arange(len(flat), device=flat.device), table_rows)


@dataclass(frozen=True)
class RegionIndex:
    """Distinct k x k unique_patches of regions (a class in one sample), beside those of the label map.

    A convolution of a map that takes one value a region takes one value on each of `regions`. `present`: the
    regions that there are, int64 (R,), region b * classes + k being class k of sample b; `regions` holds
    places in it. A pixel's pair is the sum of a row of the label map's second unique_patches, of which there
    are `label_rows`, and one of the regions'; `sums`: which two, for each distinct sum, int64 (M, 2);
    `pixels`: the sum of each pixel, int64 (B, H, W).
    """

    present: Tensor
    regions: UniquePatches
    sums: Tensor
    pixels: Tensor
    label_rows: int

    @cached_property
    def codes_to_regions(self) -> BagIndex:
        """From (place in `present`, tap) rows to one row a neighbourhood of regions."""
        return self.regions.bag_index()

    @cached_property
    def rows_to_sums(self) -> BagIndex:
        """From a table of the label map's rows, with the regions' below them, to one row a distinct sum."""
        table_rows = self.label_rows + len(self.regions)
        return bag_index(self.sums, torch.ones_like(self.sums, dtype=torch.bool), table_rows)

    @cached_property
    def sums_to_pixels(self) -> BagIndex:
        """From distinct sums to pixels, (B H W)."""
        return one_each(self.pixels, len(self.sums))


def region_index(labels: PatchIndex, ids: Tensor, classes: int, kernel_size: int) -> RegionIndex:
    """Makes the index of label maps (B, H, W)."""
    samples = torch.arange(len(ids), device=ids.device)[:, None, None]  # (B, 1, 1)
    present, places = torch.unique(ids + classes * samples, return_inverse=True)
    regions = unique_patches(places, len(present), kernel_size)
    codes = labels.second.pixels * len(regions) + regions.pixels  # (B, H, W)
    distinct, pixels = torch.unique(codes, return_inverse=True)
    label_rows = len(labels.second)
    sums = torch.stack([distinct // len(regions), label_rows + distinct % len(regions)], dim=1)
    return RegionIndex(present, regions, sums, pixels, label_rows)
