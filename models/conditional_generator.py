"""A generator with the encoder that gives it style codes."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from models.condition import Condition, instance_edges
from models.encoders.encoder import Encoder, Posterior, Style
from models.generators.base import Generator


class GeneratorOutput(NamedTuple):
    """`fake`: image in [-1, 1], (B, 3, H, W); `posterior` of the style where a VAE encoder made it."""

    fake: Tensor
    posterior: Posterior | None


class ConditionalGenerator(nn.Module):
    """Generator and encoder as one network, so that one optimizer and one average hold both.

    `encoder`: None where the generator needs no style;
    `edges`: the generator sees instance borders.
    """

    def __init__(self, generator: Generator, encoder: Encoder | None, edges: bool) -> None:
        super().__init__()
        self.generator = generator
        self.encoder = encoder
        self.edges = edges

    @property
    def scale(self) -> int:
        """How many times smaller than its label map an image is; 1, but for pix2pixHD's first phase."""
        return self.generator.scale

    @property
    def draws_noise(self) -> bool:
        """Whether an image depends on random numbers beside its style."""
        return self.generator.draws_noise

    def condition(
        self,
        labels: Tensor,
        instances: Tensor | None = None,
        styles: Tensor | None = None,
        style_ids: Tensor | None = None,
        rng: torch.Generator | None = None,
        noise: Tensor | None = None,
    ) -> Condition:
        """What generator and discriminator look at, from label maps (B, H, W) and instance maps (B, H, W).

        Its size is theirs, divided by `scale`.
        """
        if self.edges and instances is None:
            raise ValueError(
                "this generator was trained with instance maps and got none; give instances, "
                "one id a pixel, of the label map's size"
            )
        edges = instance_edges(instances) if self.edges and instances is not None else None
        height, width = labels.shape[-2:]
        condition = Condition(labels, edges, styles, style_ids, rng, noise)
        return condition.at((height // self.scale, width // self.scale))

    def forward(self, condition: Condition, photo: Tensor | None) -> GeneratorOutput:
        """Images of `condition`, (B, 3, H, W), in the style of the photos where there is an encoder.

        Without photos (None) styles are drawn from the encoder's prior.
        """
        style = self.style(photo, condition)
        if style is None:
            return GeneratorOutput(self.generator(condition), None)
        return GeneratorOutput(self.generator(condition.with_styles(style.codes)), style.posterior)

    def style(self, photo: Tensor | None, condition: Condition) -> Style | None:
        """The style of photos with their label maps, of the prior without photos; None without an encoder."""
        if self.encoder is None:
            return None
        if photo is not None:
            return self.encoder.encode(photo, condition.labels, condition.rng)
        assert condition.rng is not None, "a style is drawn where there is no photo"
        return Style(self.encoder.prior(len(condition.labels), condition.rng), None)
