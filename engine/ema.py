"""The running average of the generator's weights (Karras et al. 2018, section 4; half-life as in EDM2)."""

from __future__ import annotations

import copy
from typing import Generic, TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


class ExponentialMovingAverage(Generic[Network]):
    """Weights averaged over images seen, with a half-life in images; with none, the weights as they are.

    In a run's first stretch the half-life is shorter, `ramp` times the images seen, so that the average
    does not remember the random start. `network` is a copy in eval mode; its weights are the average.
    """

    def __init__(self, network: Network, half_life_images: float, ramp: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.half_life_images, self.ramp = half_life_images, ramp

    @torch.no_grad()
    def update(self, live: nn.Module, images_seen: int, batch_images: int) -> None:
        """Moves the average towards the live weights after a step of `batch_images` images."""
        half_life = max(min(self.half_life_images, self.ramp * images_seen), 1e-8)
        weight = 1 - 0.5 ** (batch_images / half_life)
        torch._foreach_lerp_(list(self.network.parameters()), [p.detach() for p in live.parameters()], weight)
        averaged = dict(self.network.named_buffers())
        for name, buffer in live.named_buffers():
            # Batch statistics belong to weights, so they are averaged like them; the singular vectors of
            # spectral norm have no meaningful average and are copied.
            if name.endswith(("running_mean", "running_var")):
                averaged[name].lerp_(buffer, weight)
            else:
                averaged[name].copy_(buffer)

    def state_dict(self) -> dict[str, torch.Tensor]:
        """The averaged weights and buffers."""
        return self.network.state_dict()

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        """Takes back what `state_dict` gave."""
        self.network.load_state_dict(state)
