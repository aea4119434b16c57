"""Any norm of the family, built from its name as a builder does, and something for it to look at."""

from __future__ import annotations

import inspect
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from models.condition import Condition
from models.norms import NORMS, ConditionalNorm, statistics_for
from tests.references.norms import Conditions, nearest, pixels

CHANNELS = 4
CLASSES = 3
STYLE_WIDTH = 2
STYLE_COUNT = 3
HIDDEN = 2
NOISE_WIDTH = 2
NOISE_KINDS = ("vector", "region", "map")
WITH_NOISE = tuple(name for name, norm in NORMS.items() if norm.sees_labels)

CASES = [(name, statistics) for name, norm in NORMS.items() for statistics in norm.allowed_statistics]


def build(name: str, statistics: str | None = None, **options: int) -> ConditionalNorm:
    """A norm with random weights (none of them at a special value such as 0), in float64, in train mode."""
    facts = {"classes": CLASSES, "edges": True, "style_width": STYLE_WIDTH, "style_count": STYLE_COUNT}
    facts["hidden"] = HIDDEN
    asked = inspect.signature(NORMS[name]).parameters
    arguments = {fact: value for fact, value in (facts | options).items() if fact in asked}
    norm = NORMS[name](CHANNELS, statistics_for(name, statistics)(CHANNELS), **arguments).double()
    with torch.no_grad():
        for parameter in norm.parameters():
            parameter.normal_(std=0.5)
    return norm


def maps(dtype: torch.dtype = torch.float64) -> Tensor:
    """Feature maps (3, C, 4, 3), neither centred nor scaled."""
    return (3 * torch.randn(3, CHANNELS, 4, 3, dtype=torch.float64) + 2).to(dtype)


def condition(name: str, dtype: torch.dtype = torch.float64) -> Condition:
    """Twice as large as `maps`; every class and every style id occurs, at both sizes."""
    labels = torch.randint(CLASSES, (3, 8, 6))
    labels[0, :2] = torch.arange(CLASSES).repeat_interleave(2)
    shape = (3, CLASSES, STYLE_WIDTH) if NORMS[name].styles == "region" else (3, STYLE_WIDTH)
    return Condition(
        labels,
        edges=torch.rand(3, 8, 6) < 0.3,
        styles=torch.randn(shape, dtype=dtype),
        style_ids=torch.tensor([2, 0, 1]),
    )


def noisy(seen: Condition) -> Condition:
    """The same with noise, drawn anew from the same seed."""
    return replace(seen, rng=torch.Generator().manual_seed(3))


def with_noise(seen: Condition, kind: str) -> tuple[Condition, np.ndarray]:
    """The same with noise of a kind, and that noise of every pixel at the size of `maps`, (3, N, 4, 3)."""
    shape = {"vector": (), "region": (CLASSES,), "map": ()}[kind]
    end = (NOISE_WIDTH, 8, 6) if kind == "map" else (NOISE_WIDTH,)
    noise = torch.randn(3, *shape, *end, dtype=torch.float64)
    labels = nearest(seen.labels.numpy(), (4, 3))
    found = np.empty((3, NOISE_WIDTH, 4, 3))
    for b, i, j in pixels(found):
        if kind == "map":
            found[b, :, i, j] = noise[b, :, 2 * i, 2 * j]
        else:
            found[b, :, i, j] = noise[b] if kind == "vector" else noise[b, labels[b, i, j]]
    return seen.with_noise(noise), found


def conditions(seen: Condition, size: tuple[int, int]) -> Conditions:
    """The same for the slow oracles."""
    assert seen.edges is not None and seen.styles is not None and seen.style_ids is not None
    return Conditions(
        nearest(seen.labels.numpy(), size),
        nearest(seen.edges.numpy(), size),
        seen.styles.double().numpy(),
        seen.style_ids.numpy(),
    )


def weights(norm: ConditionalNorm) -> dict[str, np.ndarray]:
    return {name: tensor.detach().double().numpy() for name, tensor in norm.state_dict().items()}
