"""Networks: norms, layers, generators, encoders, discriminators, losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.generator import LabelMapGenerator


def load_generator(run: str, optimize: bool = True) -> LabelMapGenerator:
    """The generator of a run folder: `photo = load_generator("checkpoints/RUN")(labels)`.

    `labels` are integer ids (B, H, W) or (H, W); the answer is float in [-1, 1], (B, 3, H, W).
    `optimize`: what does not depend on the label map is computed once; the same images to rounding.
    """
    # The one import that runs upwards, and only when called: this is where a person looks for the name.
    from inference.load import load_generator as load

    return load(run, optimize)
