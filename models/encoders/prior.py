"""No encoder: styles are drawn, and none is taken from a photo."""

from __future__ import annotations

import torch
from torch import Tensor

from models.encoders.encoder import Encoder, Style


class Prior(Encoder):
    """Styles of N(0, 1) whatever the photo: what is left of a VAE without its encoder.

    A release may come so; trained so, a generator makes of a label map one of many images and cannot be told
    which. `style_width`: D.
    """

    def __init__(self, style_width: int = 256) -> None:
        super().__init__()
        self.style_width = style_width
        self.code_shape = (style_width,)

    def encode(self, photo: Tensor, labels: Tensor | None, rng: torch.Generator | None) -> Style:
        """Codes that are drawn, (B, D); ValueError where there is nothing to draw them from."""
        if rng is None:
            raise ValueError("this generator came without an encoder: its styles are drawn, not of a photo")
        return Style(self.prior(len(photo), rng), None)

    def prior(self, count: int, rng: torch.Generator) -> Tensor:
        """Styles drawn from N(0, 1): (count, D)."""
        return torch.randn((count, self.style_width), generator=rng, device=rng.device)
