"""A training step as the official code takes it: what the step's ratios are taken against."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from models.condition import Condition
from models.conditional_generator import ConditionalGenerator
from models.discriminators import Discriminator, DiscriminatorOutput

FEATURE_MATCHING_WEIGHT = 10
BETAS = (0.0, 0.9)
Outputs = list[DiscriminatorOutput]


class PublishedStep:
    """Updates the generator, makes the fake again, updates the discriminator; hinge loss, feature matching.

    The discriminator sees fake and real images in one batch. As published, unused gradients are computed: of
    the discriminator in the generator's update, of the fake in the discriminator's. Losses are float32, as in
    our step, also where the networks are float64.
    """

    def __init__(self, G: ConditionalGenerator, D: Discriminator) -> None:
        self.G, self.D = G.train(), D.train()
        self.optimizer_G = torch.optim.Adam(G.parameters(), lr=1e-4, betas=BETAS)
        self.optimizer_D = torch.optim.Adam(D.parameters(), lr=4e-4, betas=BETAS)

    def __call__(self, condition: Callable[[], Condition], photo: Tensor) -> None:
        """One update of each network on photos (B, 3, H, W); `condition` makes their condition anew."""
        self.optimizer_G.zero_grad()
        fake = self.G(condition(), photo).fake
        fakes, reals = self._discriminate(fake, photo, condition())
        adversarial = torch.stack([-output.logits.float().mean() for output in fakes]).mean()
        (adversarial + FEATURE_MATCHING_WEIGHT * feature_matching(fakes, reals)).backward()
        self.optimizer_G.step()

        self.optimizer_D.zero_grad()
        with torch.no_grad():
            fake = self.G(condition(), photo).fake
        fakes, reals = self._discriminate(fake.requires_grad_(), photo, condition())
        hinge = [F.relu(1 + output.logits.float()).mean() for output in fakes]
        hinge += [F.relu(1 - output.logits.float()).mean() for output in reals]
        (torch.stack(hinge).sum() / len(fakes)).backward()
        self.optimizer_D.step()

    def _discriminate(self, fake: Tensor, real: Tensor, condition: Condition) -> tuple[Outputs, Outputs]:
        """The outputs for fake and for real images, one a scale."""
        outputs = [output.split() for output in self.D(torch.cat([fake, real]), condition)]
        return [fakes for fakes, _ in outputs], [reals for _, reals in outputs]


def feature_matching(fakes: Outputs, reals: Outputs) -> Tensor:
    """Wang et al. 2018, eq. 4: L1 distance of features, summed over layers, mean over scales."""
    pairs = [pair for fake, real in zip(fakes, reals) for pair in zip(fake.features, real.features)]
    return torch.stack([F.l1_loss(fake.float(), real.detach().float()) for fake, real in pairs]).sum() / len(
        fakes
    )
