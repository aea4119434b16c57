"""The objective of discriminators that segment (Schönfeld et al. 2021, section 3.1 and eq. 1 to 3).

Real pixels are to be classified as their class, fake ones as fake; the generator wants its pixels to be
classified as what the label map says.
"""

from __future__ import annotations

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor

from models.condition import IGNORED, Condition
from models.discriminators.base import Discriminator
from models.kernels.standardise import widened
from models.losses.labelmix import labelmix_mask, labelmix_penalty
from models.losses.objective import GanObjective

FAKE = 0
"""The channel of the logits for fake pixels; class c has channel c + 1."""


class SegmentationObjective(GanObjective):
    """Cross-entropy of each pixel.

    `classes`: K, the unknown class included, whose id is `unknown`. `balance`: the loss of labelled pixels is
    the mean, over the known classes that occur in the batch (of all processes, or in the part of it that is
    computed at once), of each class's mean, so that unknown pixels do not count; otherwise it is the mean
    over pixels, where unknown is a class as any other. `labelmix`: weight of the consistency term. `focal`:
    exponent by which easy pixels count less (Lin et al. 2017, eq. 4); 0 is plain cross-entropy.
    """

    logits = "classes"

    def __init__(
        self,
        classes: int,
        unknown: int | None = None,
        balance: bool = True,
        labelmix: float = 10.0,
        focal: float = 0.0,
    ) -> None:
        self.classes, self.unknown = classes, unknown
        self.balance, self.labelmix, self.focal = balance, labelmix, focal

    def generator(
        self, D: Discriminator, fake: Tensor, real: Tensor, condition: Condition, step: int
    ) -> dict[str, Tensor]:
        return {"segmentation": self._as_labelled(_logits(D, fake, condition), condition.labels)}

    def discriminator(
        self, D: Discriminator, fake: Tensor, real: Tensor, condition: Condition, step: int
    ) -> dict[str, Tensor]:
        of_fake, of_real = _logits(D, fake, condition), _logits(D, real, condition)
        losses = {
            "fake": self._as_fake(of_fake, condition.labels),
            "real": self._as_labelled(of_real, condition.labels),
        }
        if self.labelmix:
            mask = labelmix_mask(condition.labels, self.classes, condition.rng)
            of_mixed = _logits(D, torch.where(mask, real, fake), condition)
            losses["labelmix"] = self.labelmix * labelmix_penalty(of_mixed, of_real, of_fake, mask)
        return losses

    def _as_labelled(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Logits (B, 1 + K, H, W) against ids (B, H, W)."""
        weights = self.class_weights(labels)  # (1 + K,)
        return (weights[labels + 1] * self._cross_entropy(logits, labels + 1)).mean()

    def _as_fake(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Every pixel that is seen against the fake channel."""
        seen = labels != IGNORED
        return (seen * self._cross_entropy(logits, torch.full_like(labels, FAKE))).sum() / seen.sum()

    def _cross_entropy(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Of each pixel, (B, H, W)."""
        loss = F.cross_entropy(widened(logits), targets, reduction="none")
        if self.focal:
            # Not to 0, where the gradient of a root would not be finite.
            loss = (-torch.expm1(-loss)).clamp_min(1e-6) ** self.focal * loss
        return loss

    def class_weights(self, labels: Tensor) -> Tensor:
        """The weight of each pixel's loss by its id + 1, (1 + K,), where ids (B, H, W) may be `IGNORED`.

        N / (P n_c) for class c with n_c of the N pixels, where P known classes occur: then the mean over
        pixels is the mean of the classes' means. 0 for unknown, for absent classes and where nothing is seen.
        """
        counts = torch.zeros(1 + self.classes, device=labels.device)
        counts.scatter_add_(0, labels.flatten() + 1, torch.ones_like(labels, dtype=counts.dtype).flatten())
        counts[IGNORED + 1] = 0
        if not self.balance:
            seen = counts.sum()
            return torch.where(counts > 0, labels.numel() / seen, 0)
        if self.unknown is not None:
            counts[self.unknown + 1] = 0
        pixels = labels.numel()
        if dist.is_initialized():
            dist.all_reduce(counts)
            pixels *= dist.get_world_size()
        present = (counts > 0).sum().clamp(min=1)
        return torch.where(counts > 0, pixels / (present * counts), 0)


def _logits(D: Discriminator, images: Tensor, condition: Condition) -> Tensor:
    (output,) = D(images, condition)
    return output.logits
