"""BN: batch normalisation (Ioffe & Szegedy 2015, algorithms 1 and 2)."""

from __future__ import annotations

from models.norms.affine import AffineNorm


class BatchNorm(AffineNorm):
    """y = scale_c * (x - mean_c) / sqrt(var_c + eps) + shift_c; mean and variance over N, H, W.

    Ioffe & Szegedy 2015: algorithm 1 in training; running averages of mean and (unbiased) variance in
    eval mode, algorithm 2. Over the samples of all processes with `sync_batch`.
    Maps (B, C, H, W); scale and shift (C,). StyleSampling at no condition.

    Good: fast training, and the differences between samples survive. Bad: a sample's result depends on
    its batch, small batches make it noisy, and a uniform region keeps nothing of its class.
    """

    allowed_statistics = ("batch", "sync_batch")
