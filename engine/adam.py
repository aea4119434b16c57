"""Adam whose kernel is given tensors as they lie in memory."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class Adam(torch.optim.Adam):
    """`torch.optim.Adam(fused=True)`, the same numbers (Kingma & Ba 2015, algorithm 1).

    torch's fused kernel copies every tensor that is not contiguous, and weights of channels-last convolutions
    are not; entry by entry it does not matter in what order they come, so it is shown them with the axes in
    the order of memory.
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
