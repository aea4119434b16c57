"""The objective of patch discriminators: an adversarial loss with feature matching (Wang et al. 2018)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils import parametrize

from models.condition import Condition
from models.discriminators.base import Discriminator, DiscriminatorOutput
from models.losses.adversarial import ADVERSARIAL_LOSSES
from models.losses.objective import GanObjective
from models.losses.r1 import r1_penalty

Outputs = list[DiscriminatorOutput]


class PatchObjective(GanObjective):
    """`adversarial`: a key of `ADVERSARIAL_LOSSES`; `feature_matching`: the weight of that term.

    `r1`: weight of the gradient penalty on real images, which is taken once in `r1_every_steps` steps and
    counts so many times more then (Karras et al. 2020, section 4.1). A weight of 0 drops a term and what it
    costs.
    """

    def __init__(
        self,
        adversarial: str = "hinge",
        feature_matching: float = 10.0,
        r1: float = 0.0,
        r1_every_steps: int = 16,
    ) -> None:
        self.adversarial = ADVERSARIAL_LOSSES[adversarial]
        self.feature_matching = feature_matching
        self.r1, self.r1_every_steps = r1, r1_every_steps

    def generator(
        self, D: Discriminator, fake: Tensor, real: Tensor, condition: Condition
    ) -> dict[str, Tensor]:
        if not self.feature_matching and not D.mixes_samples:  # nothing asks for real images
            return {"adversarial": self.adversarial.generator(D(fake, condition))}
        fakes, reals = discriminate_fake(D, fake, real, condition)
        losses = {"adversarial": self.adversarial.generator(fakes)}
        if self.feature_matching:
            losses["feature_matching"] = self.feature_matching * feature_matching(fakes, reals)
        return losses

    def discriminator(
        self, D: Discriminator, fake: Tensor, real: Tensor, condition: Condition, step: int
    ) -> dict[str, Tensor]:
        fakes, reals = discriminate(D, fake, real, condition)
        losses = {"fake": self.adversarial.fake(fakes), "real": self.adversarial.real(reals)}
        if self.r1:
            # A term of every step, so that rows of the log have the same columns.
            losses["r1"] = losses["real"].new_zeros(())
            if step % self.r1_every_steps == 0:
                losses["r1"] = self.r1_every_steps * self.r1 / 2 * r1_penalty(D, real, condition)
        return losses


def feature_matching(fakes: Outputs, reals: Outputs) -> Tensor:
    """Mean absolute difference of the discriminator's hidden features, summed over layers, mean over scales.

    Wang et al. 2018, eq. 4. Real features are targets: no gradient goes through them.
    """
    distances = [
        F.l1_loss(fake_map.float(), real_map.detach().float())
        for fake, real in zip(fakes, reals, strict=True)
        for fake_map, real_map in zip(fake.features, real.features, strict=True)
    ]
    return torch.stack(distances).sum() / len(fakes)


def discriminate(
    D: Discriminator, fake: Tensor, real: Tensor, condition: Condition
) -> tuple[Outputs, Outputs]:
    """The outputs for fake and real images (B, 3, H, W), seen in one batch, fake first."""
    outputs = [output.split() for output in D(torch.cat([fake, real]), condition)]
    return [fakes for fakes, _ in outputs], [reals for _, reals in outputs]


def discriminate_fake(
    D: Discriminator, fake: Tensor, real: Tensor, condition: Condition
) -> tuple[Outputs, Outputs]:
    """The same outputs where only the fake images need a gradient: it sees real ones without one.

    Under instance norm samples do not look at each other, so one batch or two are the same; both see the same
    weights, spectrally normalised once. Under batch norm they stay one batch.
    """
    if D.mixes_samples:
        return discriminate(D, fake, real, condition)
    with parametrize.cached():
        fakes = D(fake, condition)
        with torch.no_grad():
            reals = D(real, condition)
    return fakes, reals
