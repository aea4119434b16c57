"""The Kullback-Leibler divergence of an image's style from the prior (Kingma & Welling 2014, appendix B)."""

from __future__ import annotations

from torch import Tensor

from models.encoders.encoder import Posterior


def kl_divergence(posterior: Posterior) -> Tensor:
    """KL(N(mean, exp(log_var)) || N(0, 1)), summed over the style's width, mean over the samples.

    The published SPADE code sums over the samples of a device as well, so its weight times its samples
    a device is the weight here.
    """
    mean, log_var = posterior.mean.float(), posterior.log_var.float()
    return -0.5 * (1 + log_var - mean.square() - log_var.exp()).sum(dim=1).mean()
