"""Images that lead from one style to another: a strip, and an animation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from data.image_range import to_uint8
from evaluation.gallery import picture_of

INTERPOLATIONS = "interpolations"
"""Their folder beside the report."""

STEP_MILLISECONDS, END_MILLISECONDS = 120, 700


def write_interpolation(folder: Path, name: str, images: Sequence[Tensor]) -> None:
    """Writes `folder`/NAME.png, the images side by side, and NAME.gif, there and back again without end.

    `images`: (3, H, W) in [-1, 1], two or more.
    """
    assert len(images) > 1, "an interpolation has two ends"
    file = folder / f"{name}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    strip = picture_of(to_uint8(torch.cat(list(images), dim=2)).cpu())
    strip.save(file)
    palette = strip.quantize(256)  # one for all: with one each, colours that stay would flicker
    frames = [picture_of(to_uint8(image).cpu()).quantize(palette=palette) for image in images]
    end_and_steps = [END_MILLISECONDS, *[STEP_MILLISECONDS] * (len(frames) - 2)]
    others, durations = [*frames[1:], *frames[-2:0:-1]], 2 * end_and_steps
    frames[0].save(file.with_suffix(".gif"), save_all=True, append_images=others, duration=durations, loop=0)
