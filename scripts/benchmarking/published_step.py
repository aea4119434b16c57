"""A training step as the official code takes it: what the step's ratios are taken against."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from models.condition import Condition
from models.conditional_generator import ConditionalGenerator
from models.discriminators import Discriminator
from models.losses import ADVERSARIAL_LOSSES
from models.losses.patch import discriminate, feature_matching

HINGE = ADVERSARIAL_LOSSES["hinge"]
FEATURE_MATCHING_WEIGHT = 10
BETAS = (0.0, 0.9)


class PublishedStep:
    """Updates the generator, makes the fake again, updates the discriminator; hinge loss, feature matching.

    The discriminator sees fake and real images in one batch. As published, unused gradients are computed: of
    the discriminator in the generator's update, of the fake in the discriminator's.
    """

    def __init__(self, G: ConditionalGenerator, D: Discriminator) -> None:
        self.G, self.D = G.train(), D.train()
        self.optimizer_G = torch.optim.Adam(G.parameters(), lr=1e-4, betas=BETAS)
        self.optimizer_D = torch.optim.Adam(D.parameters(), lr=4e-4, betas=BETAS)

    def __call__(self, condition: Callable[[], Condition], photo: Tensor) -> None:
        """One update of each network on photos (B, 3, H, W); `condition` makes their condition anew."""
        self.optimizer_G.zero_grad()
        fake = self.G(condition(), photo).fake
        fakes, reals = discriminate(self.D, fake, photo, condition())
        (HINGE.generator(fakes) + FEATURE_MATCHING_WEIGHT * feature_matching(fakes, reals)).backward()
        self.optimizer_G.step()

        self.optimizer_D.zero_grad()
        with torch.no_grad():
            fake = self.G(condition(), photo).fake
        fakes, reals = discriminate(self.D, fake.requires_grad_(), photo, condition())
        (HINGE.fake(fakes) + HINGE.real(reals)).backward()
        self.optimizer_D.step()
