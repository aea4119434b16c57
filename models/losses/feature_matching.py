"""Feature matching (Wang et al. 2018, eq. 4)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from models.discriminators.multiscale import DiscriminatorOutput


def feature_matching(fakes: list[DiscriminatorOutput], reals: list[DiscriminatorOutput]) -> Tensor:
    """Mean absolute difference of the discriminator's hidden features, summed over layers, mean over scales.

    Real features are targets: no gradient goes through them.
    """
    distances = [
        F.l1_loss(fake_map.float(), real_map.detach().float())
        for fake, real in zip(fakes, reals, strict=True)
        for fake_map, real_map in zip(fake.features, real.features, strict=True)
    ]
    return torch.stack(distances).sum() / len(fakes)
