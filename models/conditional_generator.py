"""The player that makes images: a generator with the encoder that gives it style codes."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from models.condition import Condition, instance_edges
from models.encoders.encoder import Encoder, Style
from models.encoders.posterior import Posterior
from models.generators.local_enhancer import LocalEnhancer
from models.layers.noise import AddedNoise


class GeneratorOutput(NamedTuple):
    """`fake`: image in [-1, 1], (B, 3, H, W); `posterior` of the style where a VAE encoder made it."""

    fake: Tensor
    posterior: Posterior | None


class ConditionalGenerator(nn.Module):
    """Generator and encoder as one network, so that one optimizer and one DDP hold both.

    `encoder`: None where the generator needs no style;
    `edges`: the generator sees instance borders.
    """

    def __init__(self, generator: nn.Module, encoder: Encoder | None, edges: bool) -> None:
        super().__init__()
        self.generator = generator
        self.encoder = encoder
        self.edges = edges

    @property
    def scale(self) -> int:
        """How many times smaller than its label map an image is; 1, but for pix2pixHD's first phase."""
        return self.generator.scale if isinstance(self.generator, LocalEnhancer) else 1

    @property
    def draws_noise(self) -> bool:
        """Whether an image depends on random numbers beside its style: added noise, or a U-Net's dropout."""
        return any(isinstance(layer, AddedNoise) or getattr(layer, "dropout", 0) for layer in self.modules())

    def condition(
        self,
        labels: Tensor,
        instances: Tensor | None = None,
        styles: Tensor | None = None,
        style_ids: Tensor | None = None,
        noise: torch.Generator | None = None,
    ) -> Condition:
        """What the players look at, from label maps (B, H, W) and instance maps (B, H, W).

        Its size is theirs, divided by `scale`.
        """
        if self.edges and instances is None:
            raise ValueError(
                "this generator was trained with instance maps and got none; give instances, "
                "one id a pixel, of the label map's size"
            )
        edges = instance_edges(instances) if self.edges and instances is not None else None
        height, width = labels.shape[-2:]
        condition = Condition(labels, edges, styles, style_ids, noise)
        return condition.at((height // self.scale, width // self.scale))

    def forward(self, condition: Condition, photo: Tensor | None) -> GeneratorOutput:
        """Images of `condition`, (B, 3, H, W), in the style of the photos where there is an encoder.

        Without photos (None) the encoder's prior is asked for styles.
        """
        style = self.style(photo, condition.labels, condition.noise)
        if style is None:
            return GeneratorOutput(self.generator(condition), None)
        return GeneratorOutput(self.generator(condition.with_styles(style.codes)), style.posterior)

    def style(self, photo: Tensor | None, labels: Tensor, noise: torch.Generator | None) -> Style | None:
        """The style of photos with their label maps, of the prior without photos; None without an encoder."""
        if self.encoder is None:
            return None
        if photo is not None:
            return self.encoder.encode(photo, labels, noise)
        assert noise is not None, "a style is drawn from noise where there is no photo"
        return Style(self.encoder.prior(len(labels), noise), None)
