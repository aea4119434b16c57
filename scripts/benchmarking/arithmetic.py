"""Floating-point operations of what a network does, those of prepared layers included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode, conv_flop_count

from models.inference.onednn import OPERATORS


def operations(act: Callable[[], object]) -> int:
    """Of products and convolutions while `act` is done; a multiply-add is two."""
    arranged = {
        getattr(torch.ops.mkldnn, name): count
        for name, count in COUNTS.items()
        if hasattr(torch.ops.mkldnn, name)
    }
    with FlopCounterMode(display=False, custom_mapping=arranged) as counter:
        act()
    return counter.get_total_flops()


def _convolution(x: list[int], weight: list[int], *_: Any, out_shape: list[int], **__: Any) -> int:
    return conv_flop_count(x, weight, out_shape)


def _product(x: list[int], *_: Any, out_shape: list[int], **__: Any) -> int:
    return 2 * x[0] * x[1] * out_shape[1]


COUNTS = {"_convolution_pointwise": _convolution, "_linear_pointwise": _product}
"""Shapes in, operations out, for torch's operators with arranged weights."""
assert set(COUNTS) <= set(OPERATORS)
