"""A training step as the official code takes it: what the step's ratios are taken against."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from models.condition import Condition
from models.conditional_generator import ConditionalGenerator
from models.discriminators.base import Discriminator
from models.losses import ADVERSARIAL_LOSSES
from models.losses.patch import discriminate, feature_matching

FEATURE_MATCHING_WEIGHT = 10
BETAS = (0.0, 0.9)


class PublishedStep:
    """Updates the generator, makes the fake again, updates the discriminator; hinge loss, feature matching.

    Fake and real images are seen in one batch, and gradients are computed that nobody uses: of the
    discriminator in the generator's turn, of the fake in the discriminator's. So it was published.
    """

    def __init__(self, G: ConditionalGenerator, discriminator: Discriminator) -> None:
        self.G = G.train()
        self.discriminator = discriminator.train()
        self.generator_optimizer = torch.optim.Adam(G.parameters(), lr=1e-4, betas=BETAS)
        self.discriminator_optimizer = torch.optim.Adam(discriminator.parameters(), lr=4e-4, betas=BETAS)

    def __call__(self, condition: Callable[[], Condition], photo: Tensor) -> None:
        """One update of each player on photos (B, 3, H, W); `condition` makes their label maps' anew."""
        hinge = ADVERSARIAL_LOSSES["hinge"]
        self.generator_optimizer.zero_grad()
        fake = self.G(condition(), photo).fake
        fakes, reals = discriminate(self.discriminator, fake, photo, condition())
        matching = FEATURE_MATCHING_WEIGHT * feature_matching(fakes, reals)
        (hinge.generator(fakes) + matching).backward()
        self.generator_optimizer.step()

        self.discriminator_optimizer.zero_grad()
        with torch.no_grad():
            fake = self.G(condition(), photo).fake
        fake.requires_grad_()
        fakes, reals = discriminate(self.discriminator, fake, photo, condition())
        (hinge.fake(fakes) + hinge.real(reals)).backward()
        self.discriminator_optimizer.step()
