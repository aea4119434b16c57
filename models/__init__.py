"""Networks: norms, layers, generators, encoders, discriminators, losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.generator import LabelMapGenerator


def load_generator(run: str, optimize: bool = True) -> LabelMapGenerator:
    """The generator of a run folder: `photo = load_generator("checkpoints/RUN")(labels)`.

    `run`: its name under checkpoints/, or the path of its folder; `labels`: integer ids (B, H, W) or (H, W);
    images are float in [-1, 1], (B, 3, H, W). `optimize`: what does not depend on the label map is computed
    once; the same images to rounding. Raises ValueError where there is no such run, or no weights in it.
    """
    # The one import that runs upwards, and only when called: this is where users look for the name.
    from inference.load import load_run, open_run

    return load_run(open_run(run), optimize=optimize)
