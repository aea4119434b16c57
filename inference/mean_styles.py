"""The mean style of each class over training photos: what a region looks like where no photo says more."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

from data.atomic_write import write_atomically
from data.batch import Batch
from engine.checkpoint.serialization import read_weights, save_weights
from models.encoders.encoder import Encoder

PHOTOS = 1000
"""How many training photos the means are taken over."""

KEY = "mean_styles"


@torch.no_grad()
def mean_styles(encoder: Encoder, batches: Iterable[Batch]) -> Tensor:
    """The mean code of each class over the photos that show it, each photo counting once: (K, D).

    Zero for a class that none of them shows. Raises ValueError for batches without photos.
    """
    sums: Tensor | None = None
    shown: Tensor | None = None
    for batch in batches:
        if batch.photo is None:
            raise ValueError(f"no photo for {batch.names[0]}; mean styles are taken from photos")
        codes = encoder.encode(batch.photo, batch.labels, None).codes.double()  # (B, K, D)
        seen = codes.any(dim=2, keepdim=True).double()  # (B, K, 1): zero codes are those of absent classes
        sums = codes.sum(0) if sums is None else sums + codes.sum(0)
        shown = seen.sum(0) if shown is None else shown + seen.sum(0)
    if sums is None or shown is None:
        raise ValueError("mean styles were asked of no photos; give at least one")
    return (sums / shown.clamp(min=1)).float()


def write_mean_styles(styles: Tensor, file: Path) -> None:
    """Writes mean styles (K, D) as tensors; OSError where the file cannot be written."""
    write_atomically(file, lambda partial: save_weights({KEY: styles}, partial))


def read_mean_styles(file: Path, shape: tuple[int, ...]) -> Tensor | None:
    """Mean styles (K, D) of `shape`, or None where there are none; ValueError where the file is damaged."""
    if not file.is_file():
        return None
    styles = read_weights(file).get(KEY)
    if styles is None or styles.shape != shape:
        found = "no mean styles" if styles is None else f"mean styles of shape {tuple(styles.shape)}"
        raise ValueError(f"{file} holds {found}, not {shape}; remove it, and they are computed anew")
    return styles
