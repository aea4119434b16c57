"""Distinct neighbourhoods of a label map: where a convolution of it takes the same value."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from models.layers.gather_sum import Gathering, gathering


@dataclass(frozen=True)
class Neighbourhoods:
    """The distinct k x k neighbourhoods of a batch of id maps.

    `ids`: what each of them holds, int64 (N, k * k), row by row; `padding` where it lies outside the map;
    `pixels`: the neighbourhood of each pixel, int64 (B, H, W); `padding`: one more than the largest id.
    """

    ids: Tensor
    pixels: Tensor
    padding: int

    def __len__(self) -> int:
        return len(self.ids)

    def gathering(self) -> Gathering:
        """Sums a convolution's rows into one a neighbourhood, over a table with a row for each (id, tap).

        Row id * k * k + tap holds what `id` contributes at that tap; taps outside the map contribute
        nothing, as zero padding does.
        """
        taps = self.ids.shape[1]
        rows = self.ids * taps + torch.arange(taps, device=self.ids.device)  # (N, k * k)
        return gathering(rows, self.ids != self.padding, self.padding * taps)


def neighbourhoods(ids: Tensor, count: int, kernel_size: int) -> Neighbourhoods:
    """Finds the distinct neighbourhoods of maps (B, H, W) with ids 0 .. count - 1; exact, no hashing.

    Rows of k ids are numbered first, then columns of k such numbers, so that any number of classes and
    any kernel fits 64 bits (count^k < 2^63).
    """
    reach = kernel_size // 2
    height, width = ids.shape[1:]
    padded = F.pad(ids, (reach, reach, reach, reach), value=count)  # (B, H + 2r, W + 2r)
    rows = _numbered(
        [padded[:, :, shift : shift + width] for shift in range(kernel_size)], count + 1
    )  # (B, H + 2r, W)
    pixels = _numbered(
        [rows[:, shift : shift + height] for shift in range(kernel_size)], int(rows.max()) + 1
    )  # (B, H, W)
    found = int(pixels.max()) + 1
    # Any pixel of a neighbourhood shows what it holds.
    example = pixels.new_empty(found).scatter_(
        0, pixels.flatten(), torch.arange(pixels.numel(), device=ids.device)
    )  # (N,)
    taps = torch.arange(kernel_size, device=ids.device)
    batch, place = example // (height * width), example % (height * width)
    y, x = place // width, place % width
    content = padded[
        batch[:, None, None], (y[:, None] + taps)[:, :, None], (x[:, None] + taps)[:, None, :]
    ]  # (N, k, k)
    return Neighbourhoods(content.flatten(1), pixels, count)


def _numbered(digits: list[Tensor], base: int) -> Tensor:
    """Numbers the distinct combinations of `digits` (each in 0 .. base - 1) from 0, at every place."""
    code = torch.zeros_like(digits[0])
    for digit in digits:
        code = code * base + digit
    return torch.unique(code, return_inverse=True)[1]
