"""The windows of a label map that a multiscale discriminator's first layers look at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from models.kernels.embedding_bag import BagIndex, embedding_bag
from models.kernels.patch_index import one_each
from models.kernels.unique_patches import UniquePatches, unique_patches

KERNEL, STRIDE, PADDING = 4, 2, 2
"""Of the first layer."""
POOL, POOL_STRIDE, POOL_PADDING = 3, 2, 1
"""Of the average pooling between scales, which does not count padding."""


@dataclass(frozen=True)
class DiscriminatorPatchIndex:
    """Distinct windows at one scale.

    One-hot maps that were averaged take one value on each distinct pooling cell: `cells`, one entry a
    halving, each over those of the one before and the first over ids. `windows`: of the last, or of ids.
    """

    cells: tuple[UniquePatches, ...]
    windows: UniquePatches

    def convolved(self, table: Tensor, bias: Tensor | None) -> Tensor:
        """The convolution of the maps, (B, C, h, w), channels last; `table` is that of `id_table`."""
        channels = table.shape[1]
        # (ids, taps * C): a cell's mean is taken of all taps at once
        rows = table.reshape(-1, KERNEL**2 * channels)
        for members, inverse_sizes in self._means:
            rows = embedding_bag(rows, members) * inverse_sizes.to(rows.dtype)
        rows = embedding_bag(rows.view(-1, channels), self._taps)  # (N, C)
        if bias is not None:
            rows = rows + bias
        maps = embedding_bag(rows, self._pixels)  # (B h w, C)
        return maps.view(*self.windows.pixels.shape, channels).permute(0, 3, 1, 2)

    @cached_property
    def _means(self) -> list[tuple[BagIndex, Tensor]]:
        sizes = [(cells.ids != cells.padding).sum(1, keepdim=True) for cells in self.cells]  # (N, 1) each
        return [(cells.members(), size.double().reciprocal()) for cells, size in zip(self.cells, sizes)]

    @cached_property
    def _taps(self) -> BagIndex:
        return self.windows.bag_index()

    @cached_property
    def _pixels(self) -> BagIndex:
        return one_each(self.windows.pixels, len(self.windows))


@torch.no_grad()
def discriminator_patch_index(ids: Tensor, count: int, scales: int) -> list[DiscriminatorPatchIndex]:
    """One index a scale, of id maps (B, H, W) with ids 0 .. count - 1."""
    indices, cells = list[DiscriminatorPatchIndex](), list[UniquePatches]()
    for _ in range(scales):
        windows = unique_patches(ids, count, KERNEL, STRIDE, PADDING)
        indices.append(DiscriminatorPatchIndex(tuple(cells), windows))
        cells.append(unique_patches(ids, count, POOL, POOL_STRIDE, POOL_PADDING))
        ids, count = cells[-1].pixels, len(cells[-1])
    return indices
