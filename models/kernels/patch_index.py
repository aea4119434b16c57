"""Unique patches of a label map: a convolution of the map takes one value on each.

An index depends on the label map alone, never on weights, so it is made once a batch and resolution (it is
cached beside the condition) and serves every layer there. Exact: patches are numbered, not hashed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from models.condition import Condition
from models.kernels.indexed_conv import BagIndex, RegionNoise, bag_index

SIZES_AN_OCTAVE = 8
"""How many counts `in_few_sizes` leaves between a number and its double: 6 % too many on average."""
TABLE_AT_MOST = 4
"""Codes are numbered by a table of all that may occur, a third of sorting's time, up to so many a code."""


@dataclass(frozen=True)
class UniquePatches:
    """The unique k x k patches of a batch of id maps.

    `ids`: what each of them holds, int64 (N, k * k), row by row; `padding` where it lies outside the map;
    `pixels`: the patch of each pixel, int64 (B, H, W); `padding`: one more than the largest id.
    """

    ids: Tensor
    pixels: Tensor
    padding: int

    def __len__(self) -> int:
        return len(self.ids)

    def taps(self) -> BagIndex:
        """Sums a table with a row for each (id, tap) into one row a patch: a convolution's sum.

        Row id * k * k + tap holds what `id` contributes at that tap; taps outside the map contribute nothing,
        as zero padding does.
        """
        taps = self.ids.shape[1]
        rows = self.ids * taps + torch.arange(taps, device=self.ids.device)  # (N, k * k)
        return bag_index(rows, self.ids != self.padding, self.padding * taps)

    def members(self) -> BagIndex:
        """Sums a table with a row for each id over the ids of each patch, wherever in it they lie."""
        return bag_index(self.ids, self.ids != self.padding, self.padding)

    def in_few_sizes(self) -> UniquePatches:
        """With some more that lie wholly outside the map, so that few different numbers of them occur.

        Libraries of products make code for each new size: in bf16 that takes four times as long as the
        product itself, and each batch of label maps has a number of unique patches of its own.
        """
        step = max(1, 2 ** len(self).bit_length() // (2 * SIZES_AN_OCTAVE))
        more = -len(self) % step
        return replace(self, ids=F.pad(self.ids, (0, 0, 0, more), value=self.padding))


def unique_patches(
    ids: Tensor, count: int, kernel_size: int, stride: int = 1, padding: int | None = None
) -> UniquePatches:
    """Finds the unique patches of maps (B, H, W) with ids 0 .. count - 1.

    They are the windows that a convolution of this kernel, stride and padding (kernel_size // 2 by default)
    looks at. Rows of k ids are numbered first, then columns of k such numbers, so that any number of classes
    and any kernel fits 64 bits (count^k < 2^63).
    """
    reach = kernel_size // 2 if padding is None else padding
    padded = F.pad(ids, (reach, reach, reach, reach), value=count)  # (B, H + 2r, W + 2r)
    rows = _numbered([padded[:, :, part] for part in _taps(padded.shape[2], kernel_size, stride)], count + 1)
    pixels = _numbered(
        [rows[:, part] for part in _taps(padded.shape[1], kernel_size, stride)], int(rows.max()) + 1
    )  # (B, h, w)
    found = int(pixels.max()) + 1
    # Any pixel of a patch shows what it holds.
    places = torch.arange(pixels.numel(), device=ids.device)
    example = pixels.new_empty(found).scatter_(0, pixels.flatten(), places)  # (N,)
    height, width = pixels.shape[1:]
    taps = torch.arange(kernel_size, device=ids.device)
    batch, place = example // (height * width), example % (height * width)
    y, x = stride * (place // width), stride * (place % width)
    content = padded[
        batch[:, None, None], (y[:, None] + taps)[:, :, None], (x[:, None] + taps)[:, None, :]
    ]  # (N, k, k)
    return UniquePatches(content.flatten(1), pixels, count)


def _taps(length: int, kernel_size: int, stride: int) -> list[slice]:
    """For each tap of a kernel, where it lies in a padded row of this length."""
    last = (length - kernel_size) // stride * stride
    return [slice(tap, tap + last + 1, stride) for tap in range(kernel_size)]


def _numbered(digits: list[Tensor], base: int) -> Tensor:
    """Numbers the distinct combinations of `digits` (each in 0 .. base - 1) from 0, at every place."""
    code = torch.zeros_like(digits[0])
    for digit in digits:
        code = code * base + digit
    limit = base ** len(digits)
    if limit > TABLE_AT_MOST * code.numel():
        return torch.unique(code, return_inverse=True)[1]
    seen = code.new_zeros(limit).index_fill_(0, code.flatten(), 1)
    return (seen.cumsum(0) - 1)[code]


@dataclass(frozen=True)
class Regions:
    """The regions of a batch: an id in one sample each.

    `ids`, `samples`: of each, int64 (R,); `pixels`: the region of each pixel, int64 (B, H, W).
    """

    ids: Tensor
    samples: Tensor
    pixels: Tensor

    def __len__(self) -> int:
        return len(self.ids)

    def noise(self, noise: Tensor, classes: int) -> RegionNoise:
        """The noise of each, from vectors of samples (B, N), or of the classes in each (B, K, N)."""
        if noise.dim() == 2:
            return RegionNoise(noise.index_select(0, self.samples), self.ids)
        return RegionNoise(noise[self.samples, self.ids % classes], self.ids)


def regions_of(ids: Tensor, count: int) -> Regions:
    """The regions of maps (B, H, W) with ids 0 .. count - 1."""
    code = ids + count * torch.arange(len(ids), device=ids.device)[:, None, None]
    present, pixels = torch.unique(code, return_inverse=True)
    return Regions(present % count, present // count, pixels)


@dataclass(frozen=True)
class PatchIndex:
    """Unique k x k patches of ids, and the unique k x k patches of those.

    A convolution of the one-hot map takes one value on each of `first`; a convolution of that takes one value
    on each of `second` (whose reach is twice as far). Some of `first` may lie nowhere.

    `regions`: with noise, which differs from sample to sample, `first` holds places in these instead of ids.
    """

    first: UniquePatches
    second: UniquePatches
    regions: Regions | None = None

    @cached_property
    def ids_to_first(self) -> BagIndex:
        """From (id, tap) rows to one row a first patch."""
        return self.first.taps()

    @cached_property
    def first_to_second(self) -> BagIndex:
        """From (first patch, tap) rows to one row a second patch."""
        return self.second.taps()

    @cached_property
    def second_to_pixels(self) -> BagIndex:
        """From second patches to pixels, (B H W)."""
        return one_each(self.second.pixels, len(self.second))


def patch_index(condition: Condition, classes: int, kernel_size: int, has_noise: bool = False) -> PatchIndex:
    """The index of a condition's label maps, edges included; made once and shared.

    A pixel's id is its class, plus `classes` where it lies on an edge. `has_noise`: for convolutions that see
    noise as well, whatever it is.
    """

    def make() -> PatchIndex:
        ids, count = condition.ids_with_edges(classes)
        regions = regions_of(ids, count) if has_noise else None
        if regions is not None:
            ids, count = regions.pixels, len(regions)
        first = unique_patches(ids, count, kernel_size).in_few_sizes()
        return PatchIndex(first, unique_patches(first.pixels, len(first), kernel_size), regions)

    return condition.cached(("patch_index", classes, kernel_size, has_noise), make)


def one_each(rows: Tensor, table_size: int) -> BagIndex:
    """Each result row is one row of the table: `rows` of any shape, flattened."""
    flat = rows.flatten()
    return BagIndex(flat, torch.arange(len(flat), device=flat.device), table_size)


def class_of_pixels(condition: Condition, classes: int) -> BagIndex:
    """From a table with a row a class to the pixels, (B H W); made once and shared."""
    return condition.cached(("class_of_pixels", classes), lambda: one_each(condition.labels, classes))


def region_of_pixels(condition: Condition, classes: int) -> BagIndex:
    """From a table with a row a class of each sample, (B K), to the pixels, (B H W); made once and shared."""

    def make() -> BagIndex:
        samples = torch.arange(len(condition.labels), device=condition.labels.device)[:, None, None]
        return one_each(condition.labels + classes * samples, classes * len(condition.labels))

    return condition.cached(("region_of_pixels", classes), make)


@dataclass(frozen=True)
class RegionPatchIndex:
    """Unique k x k patches of regions (a class in one sample), beside those of the label map.

    A convolution of a map that takes one value a region takes one value on each of `regions`. `present`: the
    regions that there are, int64 (R,), region b * classes + k being class k of sample b; `regions` holds
    places in it. A pixel's modulation is the sum of a row of the label map's second patches, of which there
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
        """From (place in `present`, tap) rows to one row a patch of regions."""
        return self.regions.taps()

    @cached_property
    def rows_to_sums(self) -> BagIndex:
        """From a table of the label map's rows, with the regions' below them, to one row a distinct sum."""
        table_size = self.label_rows + len(self.regions)
        return bag_index(self.sums, torch.ones_like(self.sums, dtype=torch.bool), table_size)

    @cached_property
    def sums_to_pixels(self) -> BagIndex:
        """From distinct sums to pixels, (B H W)."""
        return one_each(self.pixels, len(self.sums))


def region_patch_index(
    condition: Condition, classes: int, kernel_size: int, region_kernel_size: int, has_noise: bool = False
) -> RegionPatchIndex:
    """The index of the regions of a condition's label maps; made once and shared."""

    def make() -> RegionPatchIndex:
        labels = patch_index(condition, classes, kernel_size, has_noise)
        found = regions_of(condition.labels, classes)
        regions = unique_patches(found.pixels, len(found), region_kernel_size)
        present = found.ids + classes * found.samples
        codes = labels.second.pixels * len(regions) + regions.pixels  # (B, H, W)
        distinct, pixels = torch.unique(codes, return_inverse=True)
        label_rows = len(labels.second)
        sums = torch.stack([distinct // len(regions), label_rows + distinct % len(regions)], dim=1)
        return RegionPatchIndex(present, regions, sums, pixels, label_rows)

    key = ("region_patch_index", classes, kernel_size, region_kernel_size, has_noise)
    return condition.cached(key, make)
