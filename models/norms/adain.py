"""AdaIN: adaptive instance normalisation (Huang & Belongie 2017, eq. 8)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.condition import Condition
from models.norms.norm import ConditionalNorm
from models.norms.statistics import EPS, Standardise


def adain(content: Tensor, style: Tensor) -> Tensor:
    """std(y) * (x - mean(x)) / std(x) + mean(y): x with the mean and deviation of y. Nothing is learned.

    Huang & Belongie 2017, eq. 8. `content` x is (B, C, H, W), `style` y (B, C, h, w) of any size;
    mean and std over the pixels of a sample and channel, std = sqrt(var + eps).
    """
    content_var, content_mean = torch.var_mean(content, (2, 3), correction=0, keepdim=True)  # (B, C, 1, 1)
    style_var, style_mean = torch.var_mean(style, (2, 3), correction=0, keepdim=True)
    ratio = torch.sqrt((style_var + EPS) / (content_var + EPS))
    return torch.addcmul(style_mean, content - content_mean, ratio)


class AdaIN(ConditionalNorm):
    """y = (1 + gamma(s)) * (x - mean_nc) / sqrt(var_nc + eps) + beta(s), the pair from the style code s.

    Huang & Belongie 2017, eq. 8, with the style's deviation and mean given by a linear layer on a global
    style code, as Karras et al. 2019 (eq. 1) do, instead of by another photo's features (`adain`).
    Mean and variance over H, W. Maps (B, C, H, W); `styles` (B, D); gamma and beta (B, C).

    Good: any style that has a code, known or new, at every depth. Bad: one style all over the image, and
    the label map is washed out as by instance norm.
    """

    allowed_statistics = ("instance",)
    styles = "global"

    def __init__(self, channels: int, standardise: Standardise, style_width: int) -> None:
        super().__init__(standardise)
        self.to_gamma = nn.Linear(style_width, channels)
        self.to_beta = nn.Linear(style_width, channels)

    def modulation(self, condition: Condition) -> tuple[Tensor, Tensor]:
        codes = condition.styles
        assert codes is not None and codes.dim() == 2, "adaptive instance norm needs style codes (B, D)"
        gamma, beta = self.to_gamma(codes), self.to_beta(codes)  # (B, C) each
        return 1 + gamma[..., None, None], beta[..., None, None]
