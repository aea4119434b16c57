"""One linear layer a class, all computed as one product."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class ClassLinear(nn.Module):
    """y_k = W_k x_k + b_k: the row of each class through that class's own linear layer.

    `weight` (K, D_out, D_in) and `bias` (K, D_out); initialised as the K layers that it is, here as
    `nn.Linear` does (see also `models.layers.initialisation`).
    """

    def __init__(self, classes: int, in_width: int, out_width: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(in_width)
        self.weight = nn.Parameter(torch.empty(classes, out_width, in_width).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(classes, out_width).uniform_(-bound, bound))

    def forward(self, x: Tensor) -> Tensor:
        """Rows (B, K, D_in) to (B, K, D_out)."""
        return torch.einsum("koi,bki->bko", self.weight, x) + self.bias

    def extra_repr(self) -> str:
        classes, out_width, in_width = self.weight.shape
        return f"{classes}, {in_width}, {out_width}"
