"""The contract of every generator."""

from __future__ import annotations

from torch import Tensor, nn

from models.condition import Condition

WHOLE = "whole"
"""The phase of a generator that is trained in one."""


class Generator(nn.Module):
    """Makes an image from a condition.

    `multiple`: height and width of an image must be multiples of this; `scale`: how many times smaller than
    its label map an image is (1, but while a part is trained that makes small images); `draws_noise`: whether
    an image depends on the condition's `rng`, at generation as in training; `noise_width`: numbers in a noise
    vector of its condition, drawn from `rng` where the condition has none, 0 where it takes none.

    A generator that is trained part by part says so by `phase_at`, `enter`, `learns` and `images_of_newest`.
    """

    multiple: int
    scale: int = 1
    draws_noise: bool = False
    noise_width: int = 0

    def forward(self, condition: Condition) -> Tensor:
        """An image in [-1, 1] of the condition's size, (B, 3, H, W)."""
        raise NotImplementedError(f"{type(self).__name__} must say how it makes an image")

    def phase_at(self, images: int) -> str:
        """The phase of a step before which training has seen so many images."""
        return WHOLE

    def enter(self, phase: str) -> None:
        """Makes and trains from now on what belongs to a phase."""

    def learns(self, name: str) -> bool:
        """Whether a step of this phase changes the parameter of that name."""
        return True

    def images_of_newest(self, images: int) -> int:
        """The images, of those seen, that the part which came last has been trained on."""
        return images
