"""What every encoder answers."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from models.encoders.posterior import Posterior


class Style(NamedTuple):
    """`codes`: (B, D), or (B, K, D) one a region; `posterior` where the codes were drawn from one."""

    codes: Tensor
    posterior: Posterior | None
