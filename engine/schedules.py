"""What changes in training as a run goes on: the learning rates, and what a coarse-to-fine step trains."""

from __future__ import annotations

from dataclasses import dataclass

from torch.optim import Optimizer

from models.conditional_generator import ConditionalGenerator


@dataclass(frozen=True)
class LearningRates:
    """Rates that are constant, then fall linearly to zero (Park et al. 2019, section 4).

    Until the fraction `lr_decay_start` of the run an optimizer has the rate that it was built with.
    """

    generator: Optimizer
    discriminator: Optimizer
    lr_decay_start: float

    def set(self, fraction: float) -> dict[str, float]:
        """Sets the rates for when `fraction` of the run is done; returns them, named as in the curves."""
        constant = fraction <= self.lr_decay_start
        factor = 1.0 if constant else (1.0 - fraction) / (1.0 - self.lr_decay_start)
        rates = {}
        for network, optimizer in (("generator", self.generator), ("discriminator", self.discriminator)):
            rate = rates[f"learning_rate/{network}"] = optimizer.defaults["lr"] * factor
            for group in optimizer.param_groups:
                group["lr"] = rate
        return rates


class CoarseToFine:
    """Leads a generator and the average of its weights through its phases (Wang et al. 2018, section 3.1).

    The phase follows from the images seen, so a resumed run finds its own. Parameters at rest get no
    gradient: the optimizer leaves them and their moments alone. Generators of one phase are left alone.
    """

    def __init__(self, G: ConditionalGenerator, averaged: ConditionalGenerator) -> None:
        self._generators = G.generator, averaged.generator
        self._entered: str | None = None

    def enter(self, images: int) -> None:
        """Call it before a step, with the images seen before it."""
        trained, _ = self._generators
        phase = trained.phase_at(images)
        if phase == self._entered:
            return
        for generator in self._generators:
            generator.enter(phase)
        self._entered = phase
        for name, parameter in trained.named_parameters():
            parameter.requires_grad_(trained.learns(name))
