"""Memory that the system's allocator keeps for the next step instead of giving it back after each tensor."""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
LARGEST = 2**30
"""Tensors up to this many bytes come from kept memory."""


def keep_freed_memory() -> bool:
    """Has glibc reuse the memory of large tensors; answers whether it took the settings.

    By default every tensor above 32 MB is mapped anew and given back when it is freed, so that the first
    write to each of its pages waits for the kernel to clear the page. A process keeps its peak memory then,
    which a training needs again in the next step anyway. Without glibc nothing is changed.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, LARGEST)) and bool(mallopt(M_TRIM_THRESHOLD, 2**31 - 1))
