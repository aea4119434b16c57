"""Any discriminator with projected heads beside it, as Kumari et al. (2022) add frozen networks to one."""

from __future__ import annotations

from torch import Tensor

from models.condition import Condition
from models.discriminators.base import Discriminator, DiscriminatorOutput
from models.discriminators.projected import ProjectedDiscriminator


class DiscriminatorWithProjected(Discriminator):
    """`main` with `projected` heads, which are trained together; it returns what `main` returns."""

    def __init__(self, main: Discriminator, projected: ProjectedDiscriminator) -> None:
        super().__init__()
        self.main, self.projected = main, projected
        self.multiple = main.multiple

    def forward(self, images: Tensor, condition: Condition) -> list[DiscriminatorOutput]:
        """The outputs of `main`; the objective asks `projected` itself."""
        return self.main(images, condition)
