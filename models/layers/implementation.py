"""Which of two exact implementations a label-conditioned layer uses: dense or indexed."""

from __future__ import annotations

import torch

from models.condition import Condition

IMPLEMENTATIONS = ("auto", "dense", "indexed")
FEWEST_PIXELS = 256
"""Below this many pixels of a batch, looking for neighbourhoods takes longer than it saves."""
LARGEST_SHARE = 0.75
"""Above this share of distinct neighbourhoods dense convolutions are cheaper."""


def is_indexed(implementation: str, condition: Condition, classes: int, kernel_size: int) -> bool:
    """Whether to compute by neighbourhoods, for these label maps.

    `auto` counts. It stays dense inside `torch.compile`, which cannot follow what depends on a count, and on
    accelerators, where the indexed form has not been measured.
    """
    if implementation != "auto":
        return implementation == "indexed"
    if torch.compiler.is_compiling() or not condition.labels.is_cpu:
        return False
    if condition.labels.numel() < FEWEST_PIXELS:
        return False
    return condition.index(classes, kernel_size).share <= LARGEST_SHARE
