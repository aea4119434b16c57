"""Learning rates over a run: constant, then linearly to zero (Park et al. 2019, section 4)."""

from __future__ import annotations

import torch


class LearningRates:
    """Sets the rates of both players, given the share of the run that is done.

    `lr_decay_start` of the run has the full rates; then they fall linearly to zero at its end.
    """

    def __init__(
        self,
        generator: torch.optim.Optimizer,
        discriminator: torch.optim.Optimizer,
        generator_rate: float,
        discriminator_rate: float,
        lr_decay_start: float,
    ) -> None:
        self._players = {
            "learning_rate/generator": (generator, generator_rate),
            "learning_rate/discriminator": (discriminator, discriminator_rate),
        }
        self.lr_decay_start = lr_decay_start

    def factor(self, share: float) -> float:
        """What the full rates are multiplied with when `share` of the run is done."""
        if share <= self.lr_decay_start:
            return 1.0
        return (1.0 - share) / (1.0 - self.lr_decay_start)

    def set(self, share: float) -> dict[str, float]:
        """Sets the rates and answers them, named as in the curves."""
        rates = {}
        for name, (optimizer, full) in self._players.items():
            rates[name] = full * self.factor(share)
            for group in optimizer.param_groups:
                group["lr"] = rates[name]
        return rates
