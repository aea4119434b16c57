"""The objective of patch discriminators: an adversarial loss with feature matching (Wang et al. 2018).

Adversarial losses say what generator and discriminator want the logits of each patch to be.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

from models.condition import Condition
from models.discriminators.base import Discriminator, DiscriminatorOutput
from models.losses.objective import GanObjective
from models.losses.r1 import r1_penalty

Outputs = list[DiscriminatorOutput]
LogitLoss = Callable[[Tensor], Tensor]


class AdversarialLoss:
    """Three terms, each a function of logits: `generator`, `fake` and `real`.

    `generator` is low where fakes pass for real; `fake` and `real` are the discriminator's. Terms are
    averaged over patches and samples, then over scales.
    """

    def __init__(self, generator: LogitLoss, fake: LogitLoss, real: LogitLoss) -> None:
        self._generator = generator
        self._fake = fake
        self._real = real

    def generator(self, fakes: Outputs) -> Tensor:
        """The generator's loss on its own images."""
        return _mean_over_scales(self._generator, fakes)

    def fake(self, fakes: Outputs) -> Tensor:
        """The discriminator's loss on fake images."""
        return _mean_over_scales(self._fake, fakes)

    def real(self, reals: Outputs) -> Tensor:
        """The discriminator's loss on real images."""
        return _mean_over_scales(self._real, reals)


def _mean_over_scales(loss: LogitLoss, outputs: Outputs) -> Tensor:
    return torch.stack([loss(output.logits.float()) for output in outputs]).mean()


def _plus(logits: Tensor) -> Tensor:
    return logits.mean()


def _minus(logits: Tensor) -> Tensor:
    return -logits.mean()


ADVERSARIAL_LOSSES: dict[str, AdversarialLoss] = {
    # Lim & Ye 2017; Miyato et al. 2018, eq. 17
    "hinge": AdversarialLoss(
        generator=_minus,
        fake=lambda logits: F.relu(1 + logits).mean(),
        real=lambda logits: F.relu(1 - logits).mean(),
    ),
    # Mao et al. 2017, eq. 2 with a = 0, b = c = 1, without the factor of one half
    "least_squares": AdversarialLoss(
        generator=lambda logits: (logits - 1).square().mean(),
        fake=lambda logits: logits.square().mean(),
        real=lambda logits: (logits - 1).square().mean(),
    ),
    # Goodfellow et al. 2014, with the generator's non-saturating form: -log D(x) = softplus(-logit)
    "non_saturating": AdversarialLoss(
        generator=lambda logits: F.softplus(-logits).mean(),
        fake=lambda logits: F.softplus(logits).mean(),
        real=lambda logits: F.softplus(-logits).mean(),
    ),
    # Arjovsky et al. 2017, eq. 3
    "wasserstein": AdversarialLoss(generator=_minus, fake=_plus, real=_minus),
}


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
        self, D: Discriminator, fake: Tensor, real: Tensor, condition: Condition, step: int
    ) -> dict[str, Tensor]:
        if not self.feature_matching and not mixes_samples(D):  # nothing asks for real images
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
    outputs = [_halves(output) for output in D(torch.cat([fake, real]), condition)]
    return [fakes for fakes, _ in outputs], [reals for _, reals in outputs]


def _halves(output: DiscriminatorOutput) -> tuple[DiscriminatorOutput, DiscriminatorOutput]:
    """Of the first half of the batch and of the second."""
    first, second = output.logits.chunk(2)
    halves = [feature.chunk(2) for feature in output.features]
    return (
        DiscriminatorOutput(first, [half[0] for half in halves]),
        DiscriminatorOutput(second, [half[1] for half in halves]),
    )


def discriminate_fake(
    D: Discriminator, fake: Tensor, real: Tensor, condition: Condition
) -> tuple[Outputs, Outputs]:
    """The same outputs where only the fake images need a gradient: it sees real ones without one.

    Under instance norm samples do not look at each other, so one batch or two are the same; both see the same
    weights, spectrally normalised once. Under batch norm they stay one batch.
    """
    if mixes_samples(D):
        return discriminate(D, fake, real, condition)
    with parametrize.cached():
        fakes = D(fake, condition)
        with torch.no_grad():
            reals = D(real, condition)
    return fakes, reals


def mixes_samples(D: Discriminator) -> bool:
    """Whether an image's output depends on the others of its batch, by a batch norm in training."""
    return any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in D.modules())
