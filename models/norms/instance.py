"""IN: instance normalisation (Ulyanov et al. 2016)."""

from __future__ import annotations

from models.norms.affine import AffineNorm


class InstanceNorm(AffineNorm):
    """y = scale_c * (x - mean_nc) / sqrt(var_nc + eps) + shift_c; mean and variance over H, W.

    Ulyanov et al. 2016, the equation that replaces batch normalisation's.
    Maps (B, C, H, W); scale and shift (C,). StyleSampling at no condition.

    Good: independent of the batch, and the contrast of a photo is gone, which is what style transfer
    wants. Bad: of a uniform label map nothing is left at all (Park et al. 2019, section 3).
    """

    allowed_statistics = ("instance",)
