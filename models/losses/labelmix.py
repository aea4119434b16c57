"""LabelMix: a discriminator that segments is to judge a patchwork as it judges its pieces.

Schönfeld et al. 2021, section 3.2: class by class, an image's regions are taken from the real or from the
fake image, so that seams follow the label map and only the look of the pieces tells them apart.
"""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor

from models.condition import IGNORED
from models.kernels.standardise import widened


def labelmix_mask(labels: Tensor, classes: int, rng: torch.Generator | None) -> Tensor:
    """True where a mixed image shows the real one: bool (B, 1, H, W), from ids (B, H, W).

    A fair coin for each class, the same for the whole batch, in all processes. The published code draws the
    coin of its label 0 (unknown) again with that of label 1; here every class has its own.
    """
    coins = torch.rand(classes, generator=rng, device=labels.device) < 0.5
    if dist.is_initialized():
        dist.broadcast(coins, src=0)
    return coins[labels.clamp(min=IGNORED + 1)][:, None]


def labelmix_penalty(of_mixed: Tensor, of_real: Tensor, of_fake: Tensor, mask: Tensor) -> Tensor:
    """Mean squared difference of the mixture's logits and the mixture of the logits, (B, C, H, W) each.

    Gradients reach all three.
    """
    return (widened(of_mixed) - torch.where(mask, widened(of_real), widened(of_fake))).square().mean()
