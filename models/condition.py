"""Condition: all that a normalisation layer may look at, at one resolution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from models.layers.class_linear import class_embedding

Cached = TypeVar("Cached")
IGNORED = -1
"""In a label map that an augmentation has changed: nothing is seen here, and no class is."""


@dataclass(frozen=True)
class Condition:
    """What an image is to be made from.

    `labels`: class ids, int64 (B, H, W): the source of truth; `IGNORED` may occur where `has_ignored`.
    `edges`: true where a pixel lies on an instance's border, bool (B, H, W), or None.
    `styles`: one style code a sample, float (B, D), or one a region, float (B, K, D), or None.
    `style_ids`: index of a learned style, int64 (B,), or None.
    `rng`: where layers that add noise (SEAN) draw it from; None adds none.
    `noise`: joined with the label map by generators that take it: float (B, N), one vector a sample,
    (B, K, N), one a region, or (B, N, H, W), a map; or None.
    """

    labels: Tensor
    edges: Tensor | None = None
    styles: Tensor | None = None
    style_ids: Tensor | None = None
    rng: torch.Generator | None = None
    noise: Tensor | None = None
    has_ignored: bool = False
    # Not arguments: `replace` must not carry what is cached over to a condition that has changed.
    # The condition that this one was resized from (None where it was not), and those of other sizes.
    _root: Condition | None = field(default=None, init=False, repr=False, compare=False)
    _sizes: dict[tuple[int, int], Condition] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    # What kernels find out about these label maps, at all sizes and in all styles.
    _cache: dict[tuple[object, ...], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

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
            noise = root.noise
            if noise is not None and noise.dim() == 4:
                noise = F.interpolate(noise, size=size, mode="nearest")
            resized = replace(root, labels=nearest(root.labels, size), edges=edges, noise=noise)
            object.__setattr__(resized, "_root", root)
            object.__setattr__(resized, "_cache", root._cache)
            root._sizes[size] = resized
        return root._sizes[size]

    def with_styles(self, styles: Tensor | None) -> Condition:
        """The same label maps, and what is cached of them, in other styles."""
        return self._of_same_maps(styles=styles)

    def with_noise(self, noise: Tensor | None) -> Condition:
        """The same label maps, and what is cached of them, with other noise."""
        return self._of_same_maps(noise=noise)

    def _of_same_maps(self, **changed: Tensor | None) -> Condition:
        root = self if self._root is None else self._root
        other = replace(root, **changed)  # type: ignore[arg-type]
        object.__setattr__(other, "_cache", root._cache)
        return other.at(self.size)

    def cached(self, key: tuple[object, ...], make: Callable[[], Cached]) -> Cached:
        """What `make` returns, made once for these label maps at this size; `key` names it."""
        key = (*self.size, *key)
        if key not in self._cache:
            self._cache[key] = make()
        found: Cached = self._cache[key]
        return found

    def ids_with_edges(self, classes: int) -> tuple[Tensor, int]:
        """Classes and edges as one id a pixel, class + `classes` on an edge, and how many ids there are."""
        assert not self.has_ignored, "ids of what is not seen stand for no class"
        if self.edges is None:
            return self.labels, classes
        return self.labels + classes * self.edges, 2 * classes

    def one_hot(self, classes: int, like: Tensor, noise_width: int = 0) -> Tensor:
        """The label map as channels, with the edges as one more: `like`'s type, (B, K or K+1, H, W).

        `noise_width`: of the condition's noise, which follows as so many more channels; 0 leaves it out.
        """
        batch, height, width = self.labels.shape
        shape = (batch, classes + (self.edges is not None) + noise_width, height, width)
        # Channels last: one pixel's classes side by side, as the convolution that follows wants them.
        maps = torch.empty(
            shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last
        ).zero_()
        if self.has_ignored:
            maps.scatter_(
                1, self.labels.clamp(min=0)[:, None], (self.labels != IGNORED)[:, None].to(like.dtype)
            )
        else:
            maps.scatter_(1, self.labels[:, None], 1)
        if self.edges is not None:
            maps[:, classes] = self.edges
        if noise_width:
            maps[:, -noise_width:] = self.noise_maps()
        return maps

    def noise_maps(self) -> Tensor:
        """The noise of each pixel, (B, N, H, W), or (B, N, 1, 1) where a sample has one vector."""
        assert self.noise is not None, "a generator draws the noise that its condition lacks"
        if self.noise.dim() == 3:
            return class_embedding(self.noise, self.labels)
        return self.noise if self.noise.dim() == 4 else self.noise[..., None, None]


def nearest(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Maps of ids or flags (B, H, W) at another size by nearest neighbour (no id is ever invented).

    Source pixel floor(i * H / h), the rule of `F.interpolate(mode="nearest")`.
    """
    # float32 holds ids exactly to 2^24, and its index arithmetic is the one the published code uses.
    resized = F.interpolate(maps[:, None].float(), size=size, mode="nearest")
    return resized[:, 0].to(maps.dtype)


def upsample(maps: Tensor, size: tuple[int, int]) -> Tensor:
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
