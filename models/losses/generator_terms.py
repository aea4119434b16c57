"""The generator's terms beside the GAN objective: likeness to the photo, and its style's divergence."""

from __future__ import annotations

from torch import Tensor, nn

from models.conditional_generator import GeneratorOutput
from models.losses.kl import kl_divergence


class GeneratorTerms:
    """Weighted terms of generated images (B, 3, H, W) and their photos, by name; a weight of 0 drops a term.

    `perceptual`: maps (fake, real) to a scalar, or None; `l1`: of the mean absolute difference; `kl`: of the
    Kullback-Leibler divergence, where the style is a VAE's.
    """

    def __init__(
        self,
        perceptual: nn.Module | None = None,
        perceptual_weight: float = 10.0,
        l1: float = 0.0,
        kl: float = 0.05,
    ) -> None:
        self.perceptual, self.perceptual_weight = perceptual, perceptual_weight
        self.l1, self.kl = l1, kl

    def __call__(self, output: GeneratorOutput, real: Tensor) -> dict[str, Tensor]:
        losses = {}
        if self.perceptual is not None:
            losses["perceptual"] = self.perceptual_weight * self.perceptual(output.fake, real)
        if self.l1:
            losses["l1"] = self.l1 * (output.fake - real).abs().mean()
        if output.posterior is not None:
            losses["kl"] = self.kl * kl_divergence(output.posterior)
        return losses
