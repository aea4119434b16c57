"""Distinct unique_patches of a label map: where a convolution of it takes the same value."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from models.kernels.embedding_bag import BagIndex, bag_index

SIZES_AN_OCTAVE = 8
"""How many counts `in_few_sizes` leaves between a number and its double: 6 % too many on average."""

TABLE_AT_MOST = 4
"""Codes are numbered by a table of all that may occur, a third of sorting's time, up to so many a code."""


@dataclass(frozen=True)
class UniquePatches:
    """The distinct k x k unique_patches of a batch of id maps.

    `ids`: what each of them holds, int64 (N, k * k), row by row; `padding` where it lies outside the map;
    `pixels`: the neighbourhood of each pixel, int64 (B, H, W); `padding`: one more than the largest id.
    """

    ids: Tensor
    pixels: Tensor
    padding: int

    def __len__(self) -> int:
        return len(self.ids)

    def bag_index(self) -> BagIndex:
        """Sums a convolution's rows into one a neighbourhood, over a table with a row for each (id, tap).

        Row id * k * k + tap holds what `id` contributes at that tap; taps outside the map contribute
        nothing, as zero padding does.
        """
        taps = self.ids.shape[1]
        rows = self.ids * taps + torch.arange(taps, device=self.ids.device)  # (N, k * k)
        return bag_index(rows, self.ids != self.padding, self.padding * taps)

    def members(self) -> BagIndex:
        """Sums a table with a row for each id over the ids of each neighbourhood, wherever in it they lie."""
        return bag_index(self.ids, self.ids != self.padding, self.padding)

    def in_few_sizes(self) -> UniquePatches:
        """With some more that lie wholly outside the map, so that few different numbers of them occur.

        Libraries of products make code for each new size: in bf16 that takes four times as long as the
        product itself, and each batch of label maps has a number of unique_patches of its own.
        """
        step = max(1, 2 ** len(self).bit_length() // (2 * SIZES_AN_OCTAVE))
        more = -len(self) % step
        return replace(self, ids=F.pad(self.ids, (0, 0, 0, more), value=self.padding))


def unique_patches(
    ids: Tensor, count: int, kernel_size: int, stride: int = 1, padding: int | None = None
) -> UniquePatches:
    """Finds the distinct unique_patches of maps (B, H, W) with ids 0 .. count - 1; exact, no hashing.

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
    # Any pixel of a neighbourhood shows what it holds.
    example = pixels.new_empty(found).scatter_(
        0, pixels.flatten(), torch.arange(pixels.numel(), device=ids.device)
    )  # (N,)
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
    return _ranks(code, base ** len(digits))


def _ranks(codes: Tensor, limit: int) -> Tensor:
    """Which of the distinct codes (0 .. limit - 1) each is, in their order."""
    if limit > TABLE_AT_MOST * codes.numel():
        return torch.unique(codes, return_inverse=True)[1]
    seen = codes.new_zeros(limit).index_fill_(0, codes.flatten(), 1)
    return (seen.cumsum(0) - 1)[codes]
