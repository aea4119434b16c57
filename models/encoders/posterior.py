"""The style of an image as a distribution (Kingma & Welling 2014)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Posterior(NamedTuple):
    """A diagonal normal distribution of style codes: `mean` and `log_var`, both (B, D)."""

    mean: Tensor
    log_var: Tensor

    def sample(self, rng: torch.Generator | None) -> Tensor:
        """mean + std * n with n drawn from `rng`, or the mean where there is none: (B, D)."""
        if rng is None:
            return self.mean
        normal = torch.empty_like(self.mean).normal_(generator=rng)
        return self.mean + (0.5 * self.log_var).exp() * normal
