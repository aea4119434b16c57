"""Condition: all that a normalisation layer may look at, at one resolution."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from models.layers.label_index import LabelIndex, RegionIndex, label_index, region_index
from models.layers.window_index import WindowIndex, window_index


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
    # Not an argument: `replace` must not carry maps of other sizes over to a condition that has changed.
    _sizes: dict[tuple[int, int], Condition] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    # By size and kernel: shared by all conditions on these label maps.
    _indices: dict[tuple[int, int, int], LabelIndex] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    _region_indices: dict[tuple[int, int, int, int], RegionIndex] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    # By size and number of scales.
    _window_indices: dict[tuple[int, int, int], list[WindowIndex]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.labels.shape[-2], self.labels.shape[-1]

    def at(self, size: tuple[int, int]) -> Condition:
        """The same condition at another size, maps resized by nearest; made once and shared."""
        size = (int(size[0]), int(size[1]))
        if size == self.size:
            return self
        if size not in self._sizes:
            edges = None if self.edges is None else nearest(self.edges, size)
            resized = replace(self, labels=nearest(self.labels, size), edges=edges)
            self._sizes[size] = self._share_indices(resized)
        return self._sizes[size]

    def with_styles(self, styles: Tensor | None) -> Condition:
        """The same label maps, and what is known of them, in other styles."""
        return self._share_indices(replace(self, styles=styles))

    def _share_indices(self, other: Condition) -> Condition:
        object.__setattr__(other, "_indices", self._indices)
        object.__setattr__(other, "_region_indices", self._region_indices)
        object.__setattr__(other, "_window_indices", self._window_indices)
        return other

    def index(self, classes: int, kernel_size: int) -> LabelIndex:
        """The distinct neighbourhoods of these label maps, edges included; made once and shared.

        A pixel's id is its class, plus `classes` where it lies on an edge.
        """
        key = (*self.size, kernel_size)
        if key not in self._indices:
            self._indices[key] = label_index(*self._ids(classes), kernel_size)
        return self._indices[key]

    def window_index(self, classes: int, scales: int) -> list[WindowIndex]:
        """The distinct windows that a discriminator's first layers see, by scale; made once and shared."""
        key = (*self.size, scales)
        if key not in self._window_indices:
            self._window_indices[key] = window_index(*self._ids(classes), scales)
        return self._window_indices[key]

    def _ids(self, classes: int) -> tuple[Tensor, int]:
        """Classes and edges as one id a pixel, and how many ids there are."""
        if self.edges is None:
            return self.labels, classes
        return self.labels + classes * self.edges, 2 * classes

    def region_index(self, classes: int, kernel_size: int, region_kernel_size: int) -> RegionIndex:
        """The distinct neighbourhoods of regions, beside those of the label maps; made once and shared."""
        key = (*self.size, kernel_size, region_kernel_size)
        if key not in self._region_indices:
            labels = self.index(classes, kernel_size)
            self._region_indices[key] = region_index(labels, self.labels, classes, region_kernel_size)
        return self._region_indices[key]

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
