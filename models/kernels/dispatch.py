"""Which of several exact forms a layer takes: by the processor, by what the pass needs, and by counting.

All forms compute the same numbers. The plain one is what the layer's own file says; the others are faster
where their condition holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

FEWEST_PIXELS = 256
"""Below this many pixels of a batch, looking for unique patches takes longer than it saves."""
LOOK_UP = 10
"""What it costs to add a looked-up number, in multiply-adds of a large product (docs/performance.md)."""
FINDING = 3000
"""The same of finding a pixel's patches, divided among the layers that use them."""

_twice_differentiable: ContextVar[bool] = ContextVar("twice_differentiable", default=False)


def has_avx512() -> bool:
    """Whether oneDNN has all its kernels for channels last."""
    return torch.backends.cpu.get_cpu_capability() == "AVX512"


@cache
def is_intel() -> bool:
    """Whether MKL gives its best."""
    return "Intel" in str(_cpu_capabilities().get("cpu_name"))


@cache
def multiplies_bf16() -> bool:
    """Whether products of bf16 are computed in hardware."""
    return bool(_cpu_capabilities().get("avx512_bf16"))


def _cpu_capabilities() -> dict[str, object]:
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return capabilities


@contextmanager
def twice_differentiable() -> Iterator[None]:
    """Inside the block every layer takes its plain form, for a gradient that is differentiated again.

    The fast kernels write their backward pass by hand and have no second derivative (a gradient penalty needs
    one); torch's own operations have.
    """
    token = _twice_differentiable.set(True)
    try:
        yield
    finally:
        _twice_differentiable.reset(token)


def is_twice_differentiable() -> bool:
    """Whether layers must take their plain form."""
    return _twice_differentiable.get()


class Costs(NamedTuple):
    """Of the two forms of a layer that sees label maps, in multiply-adds of a large product."""

    dense: float
    indexed: float


def is_indexed(implementation: str, labels: Tensor, costs: Callable[[], Costs]) -> bool:
    """Whether to compute once for each unique patch of these label maps (B, H, W), not for each pixel.

    `implementation`: `dense`, `indexed`, or `auto`, which counts. `auto` stays dense inside `torch.compile`,
    which cannot follow what depends on a count, and on accelerators, where the indexed form has not been
    measured.
    """
    if is_twice_differentiable():
        return False
    if implementation != "auto":
        return implementation == "indexed"
    if torch.compiler.is_compiling() or not labels.is_cpu or labels.numel() < FEWEST_PIXELS:
        return False
    dense, indexed = costs()
    return indexed < dense
