"""Floating-point operations of what a network does, those of layers with arranged weights included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import conv_flop_count, flop_registry


def operations(act: Callable[[], object]) -> int:
    """Of products and convolutions while `act` is done; a multiply-add is two."""
    with _Counter() as counter:
        act()
    return counter.total


class _Counter(TorchDispatchMode):
    """By torch's own formulas; its FlopCounterMode also tells modules apart, and fails at parametrized."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0
        self.counts = flop_registry | {
            getattr(torch.ops.mkldnn, name): count
            for name, count in ARRANGED.items()
            if hasattr(torch.ops.mkldnn, name)
        }

    def __torch_dispatch__(self, operator: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = operator(*args, **(kwargs or {}))
        count = self.counts.get(operator._overloadpacket)
        if count is not None:
            self.total += count(*args, **(kwargs or {}), out_val=out)
        return out


def _convolution(x: Tensor, weight: Tensor, *_: object, out_val: Tensor) -> int:
    return conv_flop_count(list(x.shape), list(weight.shape), list(out_val.shape))


def _product(x: Tensor, *_: object, out_val: Tensor) -> int:
    return 2 * x.shape[0] * x.shape[1] * out_val.shape[1]


ARRANGED = {"_convolution_pointwise": _convolution, "_linear_pointwise": _product}
"""Formulas for torch's operators with arranged weights."""
