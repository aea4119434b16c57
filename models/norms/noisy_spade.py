"""SPADE after added noise: the norm of SEAN's last block (Zhu et al. 2020), and what SEAN builds on."""

from __future__ import annotations

from torch import Tensor

from models.condition import Condition
from models.layers.noise import AddedNoise
from models.norms.spade import Spade
from models.norms.statistics import Standardise


class NoisySpade(Spade):
    """y = (1 + gamma(m)) * standardise(x + w * n) + beta(m): SPADE (Park et al. 2019, eq. 1) on noisy maps.

    n is one standard normal number a pixel, w one learned weight a channel (0 at first); without a
    `condition.rng` this is SPADE. Options as in `Spade`.

    Good: SPADE with texture that the label map does not have to explain. Bad: no style to steer it by.
    """

    def __init__(
        self,
        channels: int,
        standardise: Standardise,
        classes: int,
        edges: bool = False,
        kernel_size: int = 3,
        hidden: int = 128,
        implementation: str = "auto",
        noise_width: int = 0,
    ) -> None:
        super().__init__(
            channels, standardise, classes, edges, kernel_size, hidden, implementation, noise_width
        )
        self.noise = AddedNoise(channels)

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        """As `ConditionalNorm.forward`."""
        return super().forward(self.noise(x, condition.rng), condition)
