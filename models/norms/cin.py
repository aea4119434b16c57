"""CIN: conditional instance normalisation (Dumoulin et al. 2017, eq. 5)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition
from models.norms.norm import ConditionalNorm
from models.norms.statistics import Standardise


class ConditionalInstanceNorm(ConditionalNorm):
    """y = scale_sc * (x - mean_nc) / sqrt(var_nc + eps) + shift_sc, a learned pair for each style id s.

    Dumoulin et al. 2017, eq. 5; mean and variance over H, W. Maps (B, C, H, W); `style_ids` (B,) in
    0 .. S-1; one row (2, C) a style, scale (1 at first) above shift (0). Each row is a parameter of its
    own, so that a style can be added later and trained alone: `add_style`.

    Good: many styles for 2 C numbers each, and a new one without touching the others. Bad: the style
    must be one of a known few, and is the same all over the image.
    """

    allowed_statistics = ("instance",)

    def __init__(self, channels: int, standardise: Standardise, style_count: int) -> None:
        super().__init__(standardise)
        if style_count < 1:
            raise ValueError(f"style_count={style_count}: conditional instance norm needs at least one style")
        identity = torch.stack([torch.ones(channels), torch.zeros(channels)])  # (2, C)
        self.rows = nn.ParameterList(identity.clone() for _ in range(style_count))

    def modulation(self, condition: Condition) -> tuple[Tensor, Tensor]:
        assert condition.style_ids is not None, "conditional instance norm needs style ids"
        table = torch.stack(tuple(self.rows)).flatten(1)  # (S, 2 C)
        try:
            pair = F.embedding(condition.style_ids, table)  # (B, 2 C)
        except IndexError:
            # Asking first would make the host wait for the device in every step.
            check_style_ids(condition.style_ids, len(table))
            raise
        scale, shift = pair[..., None, None].chunk(2, dim=1)  # (B, C, 1, 1) each
        return scale, shift

    def add_row(self, like: int | None) -> None:
        """One more style, starting from the row of style `like`, or from the mean of all rows."""
        start = torch.stack(tuple(self.rows)).mean(0) if like is None else self.rows[like]
        self.rows.append(nn.Parameter(start.detach().clone()))


def check_style_ids(style_ids: Tensor, style_count: int) -> None:
    """Raises ValueError naming the ids (B,) that no style has been learned for, and the range that is.

    It reads the ids: call it while they are still on the host.
    """
    unseen = style_ids[(style_ids < 0) | (style_ids >= style_count)].unique().tolist()
    if unseen:
        raise ValueError(
            f"style id {', '.join(map(str, unseen))} is unseen: this network has learned styles "
            f"0 to {style_count - 1}; give one of these, or teach it the new one (add_style)"
        )


def add_style(network: nn.Module, like: int | None = None) -> int:
    """Adds a style to a trained network: every CIN gets a new row, and only those rows stay trainable.

    Dumoulin et al. 2017, section 3.4: a new style costs the training of its own pairs, and the styles
    learned before stay as they are. Train `[p for p in network.parameters() if p.requires_grad]` with the
    network in eval mode, so that no running average or spectral norm moves either.

    `like`: the id of the style that the new one starts from; None starts from the mean of all.
    Returns the new style's id. A network built with one style more loads the result.
    """
    norms = [module for module in network.modules() if isinstance(module, ConditionalInstanceNorm)]
    if not norms:
        raise ValueError(
            "this network has no conditional instance norm to add a style to; build it with norm=cin"
        )
    style_count = len(norms[0].rows)
    if like is not None:
        check_style_ids(torch.tensor([like]), style_count)
    network.requires_grad_(False)
    for norm in norms:
        norm.add_row(like)
    return style_count
