"""The contract of every discriminator."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from torch import Tensor, nn

from models.condition import Condition


class DiscriminatorOutput(NamedTuple):
    """`logits` (B, C, h, w), one or several a place; `features`, hidden maps that may be compared."""

    logits: Tensor
    features: list[Tensor]


class Discriminator(nn.Module):
    """Discriminates real images from generated ones of the same condition.

    `multiple`: height and width of images must be multiples of this; `objective`: the GAN objective (a key of
    `models.losses.OBJECTIVES`) that its outputs are made for; `logits`: what they tell apart, `real_or_fake`
    or `classes` (channel 0 fake, channel c + 1 class c); `has_features`: its outputs have hidden features,
    which feature matching compares.

    What is trained is what `parameters()` holds. A pretrained network that must stay as it is goes into a
    `models.layers.frozen.Frozen`: then nobody initialises, trains, averages or saves it.
    """

    multiple: int = 1
    objective: ClassVar[str] = "patch"
    logits: ClassVar[str] = "real_or_fake"
    has_features: ClassVar[bool] = True

    def forward(self, images: Tensor, condition: Condition) -> list[DiscriminatorOutput]:
        """One output a scale or head.

        `images` (n B, 3, H, W) in [-1, 1] hold n images for each of B conditions, in turn.
        """
        raise NotImplementedError(f"{type(self).__name__} must say how it discriminates")
