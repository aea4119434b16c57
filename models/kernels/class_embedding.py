"""Rows of a table carried to the pixels of their class."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def class_embedding(rows: Tensor, labels: Tensor) -> Tensor:
    """Each pixel gets the row of its class: (B, C, H, W), channels last, from ids (B, H, W).

    `rows`: (K, C), or (B, K, C) where each sample has rows of its own.
    """
    if rows.dim() == 3:
        batch, classes, _ = rows.shape
        labels = labels + classes * torch.arange(batch, device=labels.device)[:, None, None]
        rows = rows.flatten(0, 1)  # (B K, C)
    return F.embedding(labels, rows).permute(0, 3, 1, 2)
