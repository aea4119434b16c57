"""The first layers of a multiscale discriminator on label maps, once for each unique patch of a scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from models.condition import Condition
from models.kernels.dispatch import FINDING, LOOK_UP, Costs, is_indexed
from models.kernels.indexed_conv import BagIndex, embedding_bag, id_table
from models.kernels.patch_index import UniquePatches, one_each, unique_patches

Window = tuple[int, int, int]
"""Kernel, stride and padding."""


@dataclass(frozen=True)
class DiscriminatorPatchIndex:
    """Unique patches at one scale.

    One-hot maps that were averaged take one value on each unique pooling cell: `cells`, one entry a halving,
    each over those of the one before and the first over ids. `patches`: of the last, or of ids.
    """

    cells: tuple[UniquePatches, ...]
    patches: UniquePatches

    def convolve(self, table: Tensor, bias: Tensor | None) -> Tensor:
        """The convolution of the maps, (B, C, h, w), channels last; `table` is that of `id_table`."""
        channels = table.shape[1]
        # (ids, taps * C): a cell's mean is taken of all taps at once
        rows = table.reshape(-1, self.patches.ids.shape[1] * channels)
        for members, inverse_sizes in self._means:
            rows = embedding_bag(rows, members) * inverse_sizes.to(rows.dtype)
        rows = embedding_bag(rows.view(-1, channels), self._taps)  # (N, C)
        if bias is not None:
            rows = rows + bias
        maps = embedding_bag(rows, self._pixels)  # (B h w, C)
        return maps.view(*self.patches.pixels.shape, channels).permute(0, 3, 1, 2)

    @cached_property
    def _means(self) -> list[tuple[BagIndex, Tensor]]:
        sizes = [(cells.ids != cells.padding).sum(1, keepdim=True) for cells in self.cells]  # (N, 1) each
        return [(cells.members(), size.double().reciprocal()) for cells, size in zip(self.cells, sizes)]

    @cached_property
    def _taps(self) -> BagIndex:
        return self.patches.taps()

    @cached_property
    def _pixels(self) -> BagIndex:
        return one_each(self.patches.pixels, len(self.patches))


def label_features(
    implementation: str,
    condition: Condition,
    classes: int,
    convs: Sequence[nn.Conv2d],
    pooling: Window,
    like: Tensor,
) -> list[Tensor] | None:
    """What each scale's first layer makes of the label maps, (B, C, h, w), where patches make it cheaper.

    `convs`: one a scale, of one kernel, whose first input channels are the label map's; `pooling`: between
    the scales; the result is of `like`'s type. None where the dense form is cheaper, or some of the label map
    is ignored.
    """
    window = (convs[0].kernel_size[0], int(convs[0].stride[0]), int(convs[0].padding[0]))
    channels = classes + (condition.edges is not None)

    def index() -> list[DiscriminatorPatchIndex]:
        return discriminator_patch_index(condition, classes, len(convs), window, pooling)

    def costs() -> Costs:
        return _costs(index(), channels, convs[0].out_channels)

    if condition.has_ignored or not is_indexed(implementation, condition.labels, costs):
        return None
    tables = [id_table(conv.weight[:, :channels], classes, condition.edges is not None) for conv in convs]
    return [
        scale.convolve(table, conv.bias).to(like.dtype)
        for scale, table, conv in zip(index(), tables, convs, strict=True)
    ]


@torch.no_grad()
def discriminator_patch_index(
    condition: Condition, classes: int, scales: int, window: Window, pooling: Window
) -> list[DiscriminatorPatchIndex]:
    """One index a scale, of a condition's label maps, edges included; made once and shared."""

    def make() -> list[DiscriminatorPatchIndex]:
        ids, count = condition.ids_with_edges(classes)
        indices, cells = list[DiscriminatorPatchIndex](), list[UniquePatches]()
        for _ in range(scales):
            indices.append(DiscriminatorPatchIndex(tuple(cells), unique_patches(ids, count, *window)))
            cells.append(unique_patches(ids, count, *pooling))
            ids, count = cells[-1].pixels, len(cells[-1])
        return indices

    return condition.cached(("discriminator_patch_index", classes, scales, window, pooling), make)


def _costs(scales: list[DiscriminatorPatchIndex], inputs: int, outputs: int) -> Costs:
    """Of convolutions of one-hot maps of `inputs` channels, one at each scale."""
    dense = indexed = 0.0
    for index in scales:
        pixels, taps = index.patches.pixels.numel(), index.patches.ids.shape[1]
        cells = sum(cells.ids.numel() for cells in index.cells)
        dense += pixels * taps * inputs * outputs
        indexed += LOOK_UP * (taps * (cells + len(index.patches)) + pixels) * outputs + FINDING * pixels
    return Costs(dense, indexed)
