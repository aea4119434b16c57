"""Pictures as metrics take them: checked, and rounded to the 8 bits that a PNG file holds."""

from __future__ import annotations

import torch
from torch import Tensor

from data.image_range import from_uint8, to_uint8

RANGE_TOLERANCE = 1e-3
"""How far a picture may leave [-1, 1] by rounding (bf16 arithmetic, a resize filter) before it is refused."""


def check_pictures(pictures: Tensor, what: str) -> None:
    """Raises ValueError unless `pictures` are (B, 3, H, W), at least one, floats in [-1, 1] without NaN.

    `what` names the pictures in the message: "generated", "photo".
    """
    if pictures.ndim != 4 or pictures.shape[1] != 3 or pictures.numel() == 0:
        shape = tuple(pictures.shape)
        raise ValueError(
            f"{what} pictures have shape {shape}; metrics take (B, 3, H, W) with at least one picture"
        )
    if not pictures.is_floating_point():
        raise ValueError(f"{what} pictures are {pictures.dtype}; metrics take floats in [-1, 1]")
    if bool(torch.isnan(pictures).any()):
        raise ValueError(
            f"{what} pictures hold NaN; no metric means anything for them: has the training diverged?"
        )
    furthest = float(pictures.abs().max())
    if furthest > 1 + RANGE_TOLERANCE:
        raise ValueError(
            f"{what} pictures reach {furthest:.4g}; metrics take values in [-1, 1]: rescale them"
        )


def check_pairs(generated: Tensor, photo: Tensor) -> None:
    """Raises ValueError unless both are pictures as `check_pictures` says, of one shape."""
    check_pictures(generated, "generated")
    check_pictures(photo, "photo")
    if generated.shape != photo.shape:
        raise ValueError(
            f"generated pictures have shape {tuple(generated.shape)}, their photos {tuple(photo.shape)};"
            " compare pictures of one size: resize the photos as the protocol says"
        )


def quantise(pictures: Tensor) -> Tensor:
    """Float in [-1, 1], rounded to what an 8-bit file holds; quantising twice changes nothing."""
    return from_uint8(to_uint8(pictures))
