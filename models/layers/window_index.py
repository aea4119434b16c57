"""The windows of a label map that a multiscale discriminator's first layers look at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from models.layers.gather_sum import Gathering, gather_sum
from models.layers.label_index import one_each
from models.layers.neighbourhoods import Neighbourhoods, neighbourhoods

KERNEL, STRIDE, PADDING = 4, 2, 2
"""Of the first layer."""
POOL, POOL_STRIDE, POOL_PADDING = 3, 2, 1
"""Of the average pooling between scales, which does not count padding."""


@dataclass(frozen=True)
class WindowIndex:
    """Distinct windows at one scale.

    One-hot maps that were averaged take one value on each distinct pooling cell: `cells`, one entry a
    halving, each over those of the one before and the first over ids. `windows`: of the last, or of ids.
    """

    cells: tuple[Neighbourhoods, ...]
    windows: Neighbourhoods

    def convolved(self, table: Tensor, bias: Tensor | None) -> Tensor:
        """The convolution of the maps, (B, C, h, w), channels last; `table` is that of `id_table`."""
        channels = table.shape[1]
        # (ids, taps * C): a cell's mean is taken of all taps at once
        rows = table.reshape(-1, KERNEL**2 * channels)
        for members, inverse_sizes in self._means:
            rows = gather_sum(rows, members) * inverse_sizes.to(rows.dtype)
        rows = gather_sum(rows.view(-1, channels), self._taps)  # (N, C)
        if bias is not None:
            rows = rows + bias
        maps = gather_sum(rows, self._pixels)  # (B h w, C)
        return maps.view(*self.windows.pixels.shape, channels).permute(0, 3, 1, 2)

    @cached_property
    def _means(self) -> list[tuple[Gathering, Tensor]]:
        sizes = [(cells.ids != cells.padding).sum(1, keepdim=True) for cells in self.cells]  # (N, 1) each
        return [(cells.members(), size.double().reciprocal()) for cells, size in zip(self.cells, sizes)]

    @cached_property
    def _taps(self) -> Gathering:
        return self.windows.gathering()

    @cached_property
    def _pixels(self) -> Gathering:
        return one_each(self.windows.pixels, len(self.windows))


@torch.no_grad()
def window_index(ids: Tensor, count: int, scales: int) -> list[WindowIndex]:
    """One index a scale, of id maps (B, H, W) with ids 0 .. count - 1."""
    indices, cells = list[WindowIndex](), list[Neighbourhoods]()
    for _ in range(scales):
        windows = neighbourhoods(ids, count, KERNEL, STRIDE, PADDING)
        indices.append(WindowIndex(tuple(cells), windows))
        cells.append(neighbourhoods(ids, count, POOL, POOL_STRIDE, POOL_PADDING))
        ids, count = cells[-1].pixels, len(cells[-1])
    return indices
