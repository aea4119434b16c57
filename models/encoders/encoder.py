"""The contract of every encoder: photo in, style code out."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Posterior(NamedTuple):
    """A diagonal normal distribution of style codes: `mean` and `log_var`, both (B, D)."""

    mean: Tensor
    log_var: Tensor

    def sample(self, rng: torch.Generator | None) -> Tensor:
        """mean + std * n with n drawn from `rng`, or the mean where there is none: (B, D)."""
        if rng is None:
            return self.mean
        normal = torch.empty_like(self.mean).normal_(generator=rng)
        return self.mean + (0.5 * self.log_var).exp() * normal


class Style(NamedTuple):
    """`codes`: (B, D), or (B, K, D) one a region; `posterior` where the codes were drawn from one."""

    codes: Tensor
    posterior: Posterior | None


class Encoder(nn.Module):
    """Answers the style of photos.

    `code_shape` of one photo's style: (D,), or (K, D) where each region has one; `smallest`: pixels that
    a photo's shorter side must have.
    """

    code_shape: tuple[int, ...]
    smallest = 1

    def encode(self, photo: Tensor, labels: Tensor | None, rng: torch.Generator | None) -> Style:
        """The style of photos in [-1, 1], (B, 3, H, W), with their label maps (B, H, W).

        Without label maps (None) a photo is one region. A style that is drawn at random is drawn from
        `rng`; its mean is taken where there is none.
        """
        raise NotImplementedError(f"{type(self).__name__} must say how it encodes a photo")

    def prior(self, count: int, rng: torch.Generator) -> Tensor:
        """Codes of `count` images for which there is no photo; ValueError where a style needs one."""
        raise ValueError("this generator takes its style from photos and got none; give photos")
