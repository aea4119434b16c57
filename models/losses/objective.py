"""The contract of every GAN objective: what generator and discriminator minimise against each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor

from models.condition import Condition
from models.discriminators.base import Discriminator


class GanObjective(ABC):
    """Runs the discriminator as often as its equations do, and returns weighted terms by name, to be summed.

    Images are in [-1, 1], (B, 3, H, W), as the discriminator is to see them (an augmentation has been
    applied); the condition has ids, of which the last class may be the unknown one, and `IGNORED` ones where
    nothing is seen.
    """

    logits: ClassVar[str] = "real_or_fake"
    """What it takes a discriminator's logits for, as `Discriminator.logits`."""

    @abstractmethod
    def generator(
        self, D: Discriminator, fake: Tensor, real: Tensor, condition: Condition, step: int
    ) -> dict[str, Tensor]:
        """The generator's terms; gradients reach it through `fake`, and the discriminator gets none."""

    @abstractmethod
    def discriminator(
        self, D: Discriminator, fake: Tensor, real: Tensor, condition: Condition, step: int
    ) -> dict[str, Tensor]:
        """The discriminator's terms; `step` counts the run's steps, for terms that change on the way."""
