"""A pretrained network inside a trained one, which stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn


class Frozen(nn.Module):
    """Holds a network as a tool, not as a part: it follows to a device, and nothing else reaches it.

    It is in eval mode and wants no gradient (gradients pass through it to the images), and it is in none of
    `modules()`, `parameters()`, `buffers()` and `state_dict()`: it is not initialised, trained, averaged or
    saved.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        # In a tuple, so that it is no submodule.
        self._frozen = (network.eval().requires_grad_(False),)

    @property
    def network(self) -> nn.Module:
        """The network itself."""
        return self._frozen[0]

    def forward(self, *inputs: Tensor) -> Any:
        return self.network(*inputs)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Frozen:
        self.network._apply(fn, recurse)
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Frozen:
        return self  # nothing of it ever changes
