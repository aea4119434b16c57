"""The index of a label map at one resolution: what indexed layers share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from models.layers.gather_sum import Gathering, gathering
from models.layers.neighbourhoods import Neighbourhoods, neighbourhoods


@dataclass(frozen=True)
class LabelIndex:
    """Distinct k x k neighbourhoods of ids, and the distinct k x k neighbourhoods of those.

    A convolution of the one-hot map takes one value on each of `first`; a convolution of that takes one
    value on each of `second` (whose reach is twice as far). Some of `first` may lie nowhere.
    """

    first: Neighbourhoods
    second: Neighbourhoods

    @cached_property
    def ids_to_first(self) -> Gathering:
        """From (id, tap) rows to one row a first neighbourhood."""
        return self.first.gathering()

    @cached_property
    def first_to_second(self) -> Gathering:
        """From (first neighbourhood, tap) rows to one row a second neighbourhood."""
        return self.second.gathering()

    @cached_property
    def second_to_pixels(self) -> Gathering:
        """From second neighbourhoods to pixels, (B H W)."""
        return one_each(self.second.pixels, len(self.second))


def label_index(ids: Tensor, count: int, kernel_size: int) -> LabelIndex:
    """Makes the index of id maps (B, H, W) with ids 0 .. count - 1."""
    first = neighbourhoods(ids, count, kernel_size).in_few_sizes()
    return LabelIndex(first, neighbourhoods(first.pixels, len(first), kernel_size))


def one_each(rows: Tensor, table_rows: int) -> Gathering:
    """Each result row is one row of the table: `rows` of any shape, flattened."""
    flat = rows.flatten()
    return Gathering(flat, torch.arange(len(flat), device=flat.device), table_rows)


@dataclass(frozen=True)
class RegionIndex:
    """Distinct k x k neighbourhoods of regions (a class in one sample), beside those of the label map.

    A convolution of a map that takes one value a region takes one value on each of `regions`. `present`: the
    regions that there are, int64 (R,), region b * classes + k being class k of sample b; `regions` holds
    places in it. A pixel's pair is the sum of a row of the label map's second neighbourhoods, of which there
    are `label_rows`, and one of the regions'; `sums`: which two, for each distinct sum, int64 (M, 2);
    `pixels`: the sum of each pixel, int64 (B, H, W).
    """

    present: Tensor
    regions: Neighbourhoods
    sums: Tensor
    pixels: Tensor
    label_rows: int

    @cached_property
    def codes_to_regions(self) -> Gathering:
        """From (place in `present`, tap) rows to one row a neighbourhood of regions."""
        return self.regions.gathering()

    @cached_property
    def rows_to_sums(self) -> Gathering:
        """From a table of the label map's rows, with the regions' below them, to one row a distinct sum."""
        table_rows = self.label_rows + len(self.regions)
        return gathering(self.sums, torch.ones_like(self.sums, dtype=torch.bool), table_rows)

    @cached_property
    def sums_to_pixels(self) -> Gathering:
        """From distinct sums to pixels, (B H W)."""
        return one_each(self.pixels, len(self.sums))


def region_index(labels: LabelIndex, ids: Tensor, classes: int, kernel_size: int) -> RegionIndex:
    """Makes the index of label maps (B, H, W)."""
    samples = torch.arange(len(ids), device=ids.device)[:, None, None]  # (B, 1, 1)
    present, places = torch.unique(ids + classes * samples, return_inverse=True)
    regions = neighbourhoods(places, len(present), kernel_size)
    codes = labels.second.pixels * len(regions) + regions.pixels  # (B, H, W)
    distinct, pixels = torch.unique(codes, return_inverse=True)
    label_rows = len(labels.second)
    sums = torch.stack([distinct // len(regions), label_rows + distinct % len(regions)], dim=1)
    return RegionIndex(present, regions, sums, pixels, label_rows)
