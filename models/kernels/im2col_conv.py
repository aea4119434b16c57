"""Convolutions at few positions, as plain products, forward and backward.

A convolution library arranges the weight anew for every call, which at these sizes takes as long as the
products, or longer (docs/performance.md).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from models.kernels.cpu_features import is_intel, multiplies_bf16

FEW_POSITIONS = 256
"""So many positions in a batch (B H W) are few."""
FEW_POSITIONS_OF_FLOAT32 = 64
"""And so many are where a product of float32 is faster in all its forms, for MKL on Intel's processors."""


def has_few_positions(x: Tensor, weight: Tensor, stride: tuple[int, int]) -> bool:
    """Whether the weight's gradient is a product: of its channels-last memory then, as the weight is."""
    if not x.is_cpu or x.dim() != 4 or stride != (1, 1) or x[:, 0].numel() > FEW_POSITIONS:
        return False
    return weight.is_contiguous(memory_format=torch.channels_last)


def is_product(x: Tensor, weight: Tensor, stride: tuple[int, int]) -> bool:
    """Whether maps and their gradient are products as well: where they are faster than oneDNN's forms."""
    if not has_few_positions(x, weight, stride):
        return False
    if x.dtype is torch.bfloat16:
        return multiplies_bf16()
    return x.dtype is torch.float32 and x[:, 0].numel() <= FEW_POSITIONS_OF_FLOAT32 and is_intel()


def maps(x: Tensor, weight: Tensor, bias: Tensor | None, padding: tuple[int, int]) -> Tensor:
    """`F.conv2d` of stride 1: (B, C_out, h, w), channels last."""
    batch, _, height, width = x.shape
    kernel = weight.shape[2:]
    windows, table = _windows(x, kernel, padding), _table(weight)
    # The weight first: so the product is faster by a sixth, and its result, which is small, is turned round.
    y = table @ windows.t() if bias is None else torch.addmm(bias[:, None], table, windows.t())  # (C_out, P)
    size = (batch, height + 2 * padding[0] - kernel[0] + 1, width + 2 * padding[1] - kernel[1] + 1)
    return y.t().contiguous().unflatten(0, size).permute(0, 3, 1, 2)


def input_gradient(gradient: Tensor, x: Tensor, weight: Tensor, padding: tuple[int, int]) -> Tensor:
    """Of the maps (B, C_in, H, W); of `x` the shape matters."""
    (batch, channels, height, width), kernel = x.shape, weight.shape[2:]
    of_windows = _positions(gradient) @ _table(weight)  # (P, k k C_in)
    h, w = gradient.shape[2:]
    of_windows = of_windows.view(batch, h, w, *kernel, channels)
    # Those of a pixel's windows are summed in float32: each is rounded to bf16 once, their sum once more.
    wide = torch.promote_types(x.dtype, torch.float32)
    padded = x.new_zeros(batch, height + 2 * padding[0], width + 2 * padding[1], channels, dtype=wide)
    for down in range(kernel[0]):
        for right in range(kernel[1]):
            padded[:, down : down + h, right : right + w] += of_windows[:, :, :, down, right]
    to_x = padded[:, padding[0] : padding[0] + height, padding[1] : padding[1] + width]
    return to_x.to(x.dtype).contiguous().permute(0, 3, 1, 2)


def weight_gradient(gradient: Tensor, x: Tensor, kernel: tuple[int, ...], padding: tuple[int, int]) -> Tensor:
    """(C_out, C_in, *kernel), channels last: gradients of all positions times the windows they come of."""
    product = _positions(gradient).t() @ _windows(x, kernel, padding)
    return product.unflatten(1, (*kernel, -1)).permute(0, 3, 1, 2)


def _windows(x: Tensor, kernel: tuple[int, ...], padding: tuple[int, int]) -> Tensor:
    """What each position looks at, (P, k k C_in), of maps (B, C_in, H, W)."""
    padded = F.pad(x.permute(0, 2, 3, 1), (0, 0, padding[1], padding[1], padding[0], padding[0]))
    windows = padded.unfold(1, kernel[0], 1).unfold(2, kernel[1], 1)  # (B, h, w, C, k, k)
    return windows.permute(0, 1, 2, 4, 5, 3).flatten(3).flatten(0, 2)


def _table(weight: Tensor) -> Tensor:
    """A channels-last weight as it lies, (C_out, k k C_in)."""
    return weight.permute(0, 2, 3, 1).flatten(1)


def _positions(gradient: Tensor) -> Tensor:
    """(P, C_out)."""
    return gradient.permute(0, 2, 3, 1).flatten(0, 2)
