"""What the processor is fast in, where layers choose their form by it."""

from __future__ import annotations

from functools import cache

import torch


def has_avx512() -> bool:
    """Whether oneDNN has all its kernels for channels last."""
    return torch.backends.cpu.get_cpu_capability() == "AVX512"


@cache
def is_intel() -> bool:
    """Whether MKL gives its best."""
    return "Intel" in str(_capabilities().get("cpu_name"))


@cache
def multiplies_bf16() -> bool:
    """Whether products of bf16 are computed in hardware."""
    return bool(_capabilities().get("avx512_bf16"))


def _capabilities() -> dict[str, object]:
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return capabilities
