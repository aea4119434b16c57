"""Adam, and updates that are skipped where a number is not finite.

No step waits to find out whether it is skipped: the flag is a tensor on the device, where the optimizer's own
kernel reads it and writes nothing.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class Adam(torch.optim.Adam):
    """`torch.optim.Adam(fused=True)`, the same numbers (Kingma & Ba 2015, algorithm 1).

    torch's fused kernel copies every tensor that is not contiguous, as weights of channels-last convolutions
    are; so it is shown them with the axes in the order of memory.
    """

    def _init_group(self, group: dict[str, Any], *lists: list[Tensor]) -> bool:
        has_complex: bool = super()._init_group(group, *lists)
        # Parameters first, then their gradients and moments; the last list counts steps.
        weights = list(lists[0])
        for entries in lists[:-1]:
            entries[:] = [in_memory_order(entry, weight) for entry, weight in zip(entries, weights)]
        return has_complex

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """As torch's; moments take their weights' layout: the kernel pairs entries by place in memory."""
        super().load_state_dict(state_dict)
        for weight, moments in self.state.items():
            for name, moment in moments.items():
                if moment.shape == weight.shape and moment.stride() != weight.stride():
                    moments[name] = torch.empty_like(weight, dtype=moment.dtype).copy_(moment)


def in_memory_order(entry: Tensor, weight: Tensor) -> Tensor:
    """A view with the axes in the order in which the weight's lie in memory."""
    inputs_last = weight.dim() == 4 and weight.is_contiguous(memory_format=torch.channels_last)
    return entry.permute(0, 2, 3, 1) if inputs_last else entry


def backward(total: Tensor) -> None:
    """`total.backward()`, but a total that is not finite makes every gradient NaN.

    So that all processes see it in the gradients that they average.
    """
    total.backward(torch.where(total.isfinite(), 1.0, torch.nan).to(total))


def can_skip(optimizer: torch.optim.Optimizer) -> bool:
    """Whether `step_unless` works: torch's fused optimizers can skip a step."""
    return bool(getattr(optimizer, "_step_supports_amp_scaling", False))


@torch.no_grad()
def step_unless(skipped: Tensor, optimizer: torch.optim.Optimizer) -> Tensor:
    """A step, unless `skipped` is true or a gradient is not finite; returns whether it was skipped.

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


class BufferSnapshot:
    """Running averages and spectral vectors, which a forward pass changes, as they were before it."""

    @torch.no_grad()
    def __init__(self, *networks: nn.Module) -> None:
        buffers = [buffer for network in networks for buffer in network.buffers()]
        self._buffers = [buffer for buffer in buffers if buffer.is_floating_point()]
        self._before = self._flat()

    @torch.no_grad()
    def restore_where(self, skipped: Tensor) -> None:
        """Restores them if `skipped` is true."""
        if not self._buffers:
            return
        kept = torch.where(skipped, self._before, self._flat())
        parts = kept.split([buffer.numel() for buffer in self._buffers])
        views = [part.view_as(buffer) for part, buffer in zip(parts, self._buffers)]
        torch._foreach_copy_(self._buffers, views)

    def _flat(self) -> Tensor:
        return torch.cat([buffer.flatten() for buffer in self._buffers]) if self._buffers else torch.empty(0)
