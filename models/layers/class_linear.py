"""Layers with weights of their own for each class: linear layers, computed as one product, and embeddings."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
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

    def of_regions(self, x: Tensor, regions: Tensor) -> Tensor:
        """The chosen rows alone, (R, D_out), of `x` (B, K, D_in); region b * K + k is class k of sample b."""
        classes = self.weight.shape[0]
        if len(regions) >= classes:
            return self(x).flatten(0, 1)[regions]
        own = regions % classes  # (R,)
        products = torch.bmm(self.weight[own], x.flatten(0, 1)[regions, :, None])  # (R, D_out, 1)
        return products[..., 0] + self.bias[own]

    def extra_repr(self) -> str:
        classes, out_width, in_width = self.weight.shape
        return f"{classes}, {in_width}, {out_width}"


def class_embedding(rows: Tensor, labels: Tensor) -> Tensor:
    """Each pixel gets the row of its class: (B, C, H, W), channels last, from ids (B, H, W).

    `rows`: (K, C), or (B, K, C) where each sample has rows of its own.
    """
    if rows.dim() == 3:
        batch, classes, _ = rows.shape
        labels = labels + classes * torch.arange(batch, device=labels.device)[:, None, None]
        rows = rows.flatten(0, 1)  # (B K, C)
    return F.embedding(labels, rows).permute(0, 3, 1, 2)
