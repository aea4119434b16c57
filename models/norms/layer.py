"""LN: layer normalisation (Ba et al. 2016, eq. 3 and 4)."""

from __future__ import annotations

from models.norms.affine import AffineNorm


class LayerNorm(AffineNorm):
    """y = scale_c * (x - mean_n) / sqrt(var_n + eps) + shift_c; mean and variance over C, H, W.

    Ba et al. 2016, eq. 3 and 4, on feature maps: the statistics are a sample's, the pair a channel's.
    Maps (B, C, H, W); scale and shift (C,). StyleSampling at no condition.

    Good: independent of the batch, and channels keep their sizes relative to each other. Bad: a channel
    that is large at one place dims all the others.
    """

    allowed_statistics = ("layer",)
