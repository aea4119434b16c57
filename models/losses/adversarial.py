"""The adversarial losses: what generator and discriminator want the logits to be."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from models.discriminators.base import DiscriminatorOutput

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

    def generator(self, fakes: list[DiscriminatorOutput]) -> Tensor:
        """The generator's loss on its own images."""
        return _mean_over_scales(self._generator, fakes)

    def fake(self, fakes: list[DiscriminatorOutput]) -> Tensor:
        """The discriminator's loss on fake images."""
        return _mean_over_scales(self._fake, fakes)

    def real(self, reals: list[DiscriminatorOutput]) -> Tensor:
        """The discriminator's loss on real images."""
        return _mean_over_scales(self._real, reals)


def _mean_over_scales(loss: LogitLoss, outputs: list[DiscriminatorOutput]) -> Tensor:
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
