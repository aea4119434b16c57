"""The objective of projected discriminators (Sauer et al. 2021), alone or beside another objective."""

from __future__ import annotations

from torch import Tensor
from torchvision.transforms.functional import gaussian_blur

from models.condition import Condition
from models.discriminators.base import Discriminator
from models.discriminators.with_projected import DiscriminatorWithProjected
from models.losses.objective import GanObjective
from models.losses.patch import ADVERSARIAL_LOSSES


class ProjectedObjective(GanObjective):
    """An adversarial loss of images that are blurred less and less while training goes on.

    `adversarial`: a key of `ADVERSARIAL_LOSSES`. Blur as in StyleGAN-XL and TriA-GAN: its standard deviation
    falls linearly from `blur` pixels to 0 over `blur_images` images, 0 for none; `batch_size`: images a step.
    """

    def __init__(
        self, adversarial: str = "hinge", blur: float = 4.0, blur_images: int = 0, batch_size: int = 1
    ) -> None:
        self.adversarial = ADVERSARIAL_LOSSES[adversarial]
        self.blur, self.blur_images, self.batch_size = blur, blur_images, batch_size

    def generator(
        self, D: Discriminator, fake: Tensor, real: Tensor, condition: Condition, step: int
    ) -> dict[str, Tensor]:
        return {"adversarial": self.adversarial.generator(D(self._blurred(fake, step), condition))}

    def discriminator(
        self, D: Discriminator, fake: Tensor, real: Tensor, condition: Condition, step: int
    ) -> dict[str, Tensor]:
        return {
            "fake": self.adversarial.fake(D(self._blurred(fake, step), condition)),
            "real": self.adversarial.real(D(self._blurred(real, step), condition)),
        }

    def deviation(self, step: int) -> float:
        """Of the blur, in pixels."""
        images = step * self.batch_size
        return self.blur * (1 - images / self.blur_images) if images < self.blur_images else 0.0

    def _blurred(self, images: Tensor, step: int) -> Tensor:
        deviation = self.deviation(step)
        shorter = min(images.shape[-2:])
        radius = min(round(3 * deviation), shorter - 1)  # an image is mirrored at its border once
        return gaussian_blur(images, 2 * radius + 1, deviation) if radius > 0 else images


class WithProjectedObjective(GanObjective):
    """The `main` objective, and `weight` times the `projected` one, of a `DiscriminatorWithProjected`."""

    def __init__(self, main: GanObjective, projected: ProjectedObjective, weight: float) -> None:
        self.main, self.projected, self.weight = main, projected, weight

    def generator(
        self, D: Discriminator, fake: Tensor, real: Tensor, condition: Condition, step: int
    ) -> dict[str, Tensor]:
        assert isinstance(D, DiscriminatorWithProjected)
        terms = self.main.generator(D.main, fake, real, condition, step)
        return terms | self._weighted(self.projected.generator(D.projected, fake, real, condition, step))

    def discriminator(
        self, D: Discriminator, fake: Tensor, real: Tensor, condition: Condition, step: int
    ) -> dict[str, Tensor]:
        assert isinstance(D, DiscriminatorWithProjected)
        terms = self.main.discriminator(D.main, fake, real, condition, step)
        return terms | self._weighted(self.projected.discriminator(D.projected, fake, real, condition, step))

    def _weighted(self, terms: dict[str, Tensor]) -> dict[str, Tensor]:
        return {f"projected_{name}": self.weight * term for name, term in terms.items()}
