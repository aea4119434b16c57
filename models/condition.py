"""Condition: all that a normalisation layer may look at, at one resolution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from models.kernels.discriminator_patch_index import DiscriminatorPatchIndex, discriminator_patch_index
from models.kernels.embedding_bag import BagIndex
from models.kernels.patch_index import PatchIndex, RegionIndex, one_each, patch_index, region_index

Found = TypeVar("Found")


@dataclass(frozen=True)
class Condition:
    """What an image is to be made from.

    `labels`: class ids, int64 (B, H, W): the source of truth.
    `edges`: true where a pixel lies on an instance's border, bool (B, H, W), or None.
    `styles`: one style code a sample, float (B, D), or one a region, float (B, K, D), or None.
    `style_ids`: index of a learned style, int64 (B,), or None.
    `noise`: where layers that add noise (SEAN) draw it from; None adds none.
    """

    labels: Tensor
    edges: Tensor | None = None
    styles: Tensor | None = None
    style_ids: Tensor | None = None
    noise: torch.Generator | None = None
    # Not arguments: `replace` must not carry what is known over to a condition that has changed.
    # The condition that this one was resized from; None where it was not.
    _root: Condition | None = field(default=None, init=False, repr=False, compare=False)
    _sizes: dict[tuple[int, int], Condition] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    # What was found out about these label maps, at all sizes and in all styles.
    _found: dict[tuple[object, ...], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.labels.shape[-2], self.labels.shape[-1]

    def at(self, size: tuple[int, int]) -> Condition:
        """The same condition at another size, maps resized by nearest; made once and shared.

        Always from the maps that were given: nearest of nearest would not be nearest.
        """
        size, root = (int(size[0]), int(size[1])), self if self._root is None else self._root
        if size == root.size:
            return root
        if size not in root._sizes:
            edges = None if root.edges is None else nearest(root.edges, size)
            resized = replace(root, labels=nearest(root.labels, size), edges=edges)
            object.__setattr__(resized, "_root", root)
            object.__setattr__(resized, "_found", root._found)
            root._sizes[size] = resized
        return root._sizes[size]

    def with_styles(self, styles: Tensor | None) -> Condition:
        """The same label maps, and what is known of them, in other styles."""
        root = self if self._root is None else self._root
        restyled = replace(root, styles=styles)
        object.__setattr__(restyled, "_found", root._found)
        return restyled.at(self.size)

    def index(self, classes: int, kernel_size: int) -> PatchIndex:
        """The distinct unique_patches of these label maps, edges included; made once and shared.

        A pixel's id is its class, plus `classes` where it lies on an edge.
        """
        return self._once(
            lambda: patch_index(*self._ids(classes), kernel_size), "index", classes, kernel_size
        )

    def region_index(self, classes: int, kernel_size: int, region_kernel_size: int) -> RegionIndex:
        """The distinct unique_patches of regions, beside those of the label maps; made once and shared."""

        def make() -> RegionIndex:
            labels = self.index(classes, kernel_size)
            return region_index(labels, self.labels, classes, region_kernel_size)

        return self._once(make, "region_index", classes, kernel_size, region_kernel_size)

    def discriminator_patch_index(self, classes: int, scales: int) -> list[DiscriminatorPatchIndex]:
        """The distinct windows that a discriminator's first layers see, by scale; made once and shared."""
        return self._once(
            lambda: discriminator_patch_index(*self._ids(classes), scales),
            "discriminator_patch_index",
            classes,
            scales,
        )

    def class_of_pixels(self, classes: int) -> BagIndex:
        """From a table with a row a class to the pixels, (B H W); made once and shared."""
        return self._once(lambda: one_each(self.labels, classes), "class_of_pixels", classes)

    def _once(self, make: Callable[[], Found], *what: object) -> Found:
        key = (*self.size, *what)
        if key not in self._found:
            self._found[key] = make()
        found: Found = self._found[key]
        return found

    def _ids(self, classes: int) -> tuple[Tensor, int]:
        """Classes and edges as one id a pixel, and how many ids there are."""
        if self.edges is None:
            return self.labels, classes
        return self.labels + classes * self.edges, 2 * classes

    def one_hot(self, classes: int, like: Tensor) -> Tensor:
        """The label map as channels, with the edges as one more: `like`'s type, (B, K or K+1, H, W)."""
        batch, height, width = self.labels.shape
        channels = classes + (self.edges is not None)
        shape = (batch, channels, height, width)
        # Channels last: one pixel's classes side by side, as the convolution that follows wants them.
        maps = torch.empty(
            shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last
        ).zero_()
        maps.scatter_(1, self.labels[:, None], 1)
        if self.edges is not None:
            maps[:, -1] = self.edges
        return maps


def nearest(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Maps of ids or flags (B, H, W) at another size by nearest neighbour (no id is ever invented).

    Source pixel floor(i * H / h), the rule of `F.interpolate(mode="nearest")`.
    """
    # float32 holds ids exactly to 2^24, and its index arithmetic is the one the published code uses.
    resized = F.interpolate(maps[:, None].float(), size=size, mode="nearest")
    return resized[:, 0].to(maps.dtype)


def enlarged(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Feature maps (B, C, h, w) at `size`, h and w times a whole number, by nearest neighbour."""
    return maps if tuple(maps.shape[-2:]) == size else F.interpolate(maps, size=size, mode="nearest")


def instance_edges(instances: Tensor) -> Tensor:
    """True where a pixel's instance differs from one of its 4 neighbours: bool (B, H, W).

    pix2pixHD (Wang et al. 2018), section 3.3: the boundary map.
    """
    edges = torch.zeros_like(instances, dtype=torch.bool)
    horizontal = instances[..., :, 1:] != instances[..., :, :-1]
    vertical = instances[..., 1:, :] != instances[..., :-1, :]
    edges[..., :, 1:] |= horizontal
    edges[..., :, :-1] |= horizontal
    edges[..., 1:, :] |= vertical
    edges[..., :-1, :] |= vertical
    return edges
