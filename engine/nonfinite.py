"""A step whose numbers are not finite is left out, and nobody waits to find out that it is.

The flag is a tensor on the device: the optimizer's own kernel reads it there and writes nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def backward(total: Tensor) -> None:
    """`total.backward()`, but a total that is not finite makes every gradient NaN.

    So that all processes see it in the gradients that they average.
    """
    total.backward(torch.where(total.isfinite(), 1.0, torch.nan).to(total))


def can_skip(optimizer: torch.optim.Optimizer) -> bool:
    """Whether `step_unless` works: torch's fused optimizers know how to leave a step out."""
    return bool(getattr(optimizer, "_step_supports_amp_scaling", False))


@torch.no_grad()
def step_unless(skipped: Tensor, optimizer: torch.optim.Optimizer) -> Tensor:
    """A step, unless `skipped` is true or a gradient is not finite; answers whether it was left out.

    Neither weights nor moments nor the count of steps change then.
    """
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    gradients = []
    for weight in weights:
        if weight.grad is not None:
            if weight.grad.stride() != weight.stride():
                # Fused kernels want one layout; autograd may give axes of one entry another stride.
                weight.grad = torch.empty_like(weight).copy_(weight.grad)
            gradients.append(weight.grad)
    # A sum is not finite where a term is not, and takes a quarter of the time that the largest term does.
    # It overflows where the terms are finite only from 1e38 on, of which nothing good would come either.
    skipped = skipped | ~torch.stack([gradient.sum() for gradient in gradients]).isfinite().all()
    optimizer.found_inf = skipped.float()  # type: ignore[attr-defined]
    optimizer.step()
    return skipped


class Statistics:
    """Running averages and spectral vectors, which a forward pass changes, as they were before it."""

    @torch.no_grad()
    def __init__(self, *networks: nn.Module) -> None:
        self._buffers = [
            buffer for network in networks for buffer in network.buffers() if buffer.is_floating_point()
        ]
        self._before = self._flat()

    @torch.no_grad()
    def restore_where(self, skipped: Tensor) -> None:
        """Takes them back to what they were if `skipped` is true."""
        if not self._buffers:
            return
        kept = torch.where(skipped, self._before, self._flat())
        parts = kept.split([buffer.numel() for buffer in self._buffers])
        views = [part.view_as(buffer) for part, buffer in zip(parts, self._buffers)]
        torch._foreach_copy_(self._buffers, views)

    def _flat(self) -> Tensor:
        return torch.cat([buffer.flatten() for buffer in self._buffers]) if self._buffers else torch.empty(0)
