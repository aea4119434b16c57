"""The one file that names devices and precisions."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import nn

from models.kernels.dispatch import multiplies_bf16

Network = TypeVar("Network", bound=nn.Module)

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
LARGEST_KEPT = 2**30
"""Tensors up to this many bytes come from kept memory."""


@dataclass(frozen=True)
class Hardware:
    """Where tensors live and how products are computed.

    `device` of this process; `autocast_dtype`: bf16 for the products of the networks, weights staying
    float32, or None for float32 throughout; `channels_last`: memory layout of images and weights.
    """

    device: torch.device
    autocast_dtype: torch.dtype | None
    channels_last: bool

    def autocast(self) -> AbstractContextManager[object]:
        """The one place where reduced precision is entered."""
        if self.autocast_dtype is None:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=self.autocast_dtype)

    def place(self, network: Network) -> Network:
        """The network on the device, its 4-d weights in the memory layout of this hardware."""
        layout = torch.channels_last if self.channels_last else torch.contiguous_format
        return network.to(self.device).to(memory_format=layout)

    def keep_memory(self) -> bool:
        """On CPUs, has glibc reuse the memory of large tensors; returns whether it accepted the settings.

        By default every tensor above 32 MB is mapped anew, and the first write to each page waits for the
        kernel to clear it. With them a process keeps its peak memory. Without glibc nothing is changed.
        """
        is_linux = self.device.type == "cpu" and sys.platform.startswith("linux")
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if is_linux else None
        if mallopt is None:
            return False
        return bool(mallopt(M_MMAP_THRESHOLD, LARGEST_KEPT)) and bool(mallopt(M_TRIM_THRESHOLD, 2**31 - 1))

    def rng(self) -> torch.Generator:
        """A source of random numbers on the device."""
        return torch.Generator(device=self.device)

    @property
    def pinned(self) -> bool:
        """Whether batches are copied to the device from pinned memory."""
        return self.device.type == "cuda"


def select_hardware(device: str, precision: str, channels_last: bool) -> Hardware:
    """`device`: cpu, cuda or auto (cuda where there is one); `precision`: as for `resolved_precision`."""
    has_cuda = torch.cuda.is_available()
    if device == "cuda" and not has_cuda:
        raise ValueError("hardware.device=cuda, but torch finds no CUDA device; use hardware=cpu or auto")
    if device == "cpu" or not has_cuda:
        chosen = torch.device("cpu")
    else:
        chosen = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(chosen)
    reduced = resolved_precision(precision, chosen.type) == "bf16"
    return Hardware(chosen, torch.bfloat16 if reduced else None, channels_last)


def resolved_precision(precision: str, device: str) -> str:
    """`precision`, or what auto stands for: bf16 where GPU or x86 processor multiply it, else float32."""
    if precision != "auto":
        return precision
    if device != "cpu" and torch.cuda.is_available():
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        fast = multiplies_bf16()
    return "bf16" if fast else "float32"


def distributed_backend(device: torch.device) -> str:
    """The backend of torch.distributed for a device."""
    return "nccl" if device.type == "cuda" else "gloo"
