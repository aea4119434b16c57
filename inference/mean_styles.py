"""The mean style of each class over training photos: what a region looks like where no photo shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from torch import Tensor

from data.batch import Batch
from engine.checkpoint.serialization import read_weights, save_weights
from inference.generator import LabelMapGenerator
from models.encoders.encoder import Encoder

PHOTOS = 1000
"""How many training photos the means are taken over."""

KEY = "mean_styles"


@torch.no_grad()
def mean_styles(encoder: Encoder, batches: Iterable[Batch]) -> Tensor:
    """The mean code of each class over the photos that show it, each photo counting once: (K, D).

    Zero for a class that none of them shows. Raises ValueError for batches without photos.
    """
    sums = counts = torch.zeros(())
    for batch in batches:
        if batch.photo is None:
            raise ValueError(f"no photo for {batch.names[0]}; mean styles are taken from photos")
        codes = encoder.encode(batch.photo, batch.labels, None).codes.double()  # (B, K, D)
        present = codes.any(dim=2, keepdim=True)  # (B, K, 1): codes of absent classes are zero
        sums, counts = sums + codes.sum(0), counts + present.sum(0)
    if sums.dim() == 0:
        raise ValueError("mean styles were requested of no photos; give at least one")
    return (sums / counts.clamp(min=1)).float()


def provided_mean_styles(
    generator: LabelMapGenerator, photos: Callable[[], Iterable[Batch]], file: Path
) -> Tensor:
    """The generator's mean styles (K, D); where it has none, those of training photos, then saved in `file`.

    `photos`: opens the training photos; raises ValueError where there are none.
    """
    if generator.mean_styles is None:
        try:
            batches = photos()
        except ValueError as error:
            raise ValueError(
                f"the run keeps no mean styles, and there are no training photos to take them from: {error}; "
                "give these (dataset.root=...), or other photos (photos=DIR, style=PHOTO)"
            ) from error
        assert generator.G.encoder is not None, "styles of regions come from an encoder"
        with generator.hardware.autocast():  # weights prepared for inference may be of reduced precision
            generator.mean_styles = mean_styles(generator.G.encoder, batches)
        write_mean_styles(generator.mean_styles, file)
    return generator.mean_styles


def write_mean_styles(styles: Tensor, file: Path) -> None:
    """Writes mean styles (K, D); warns where the file cannot be written: they can be taken again."""
    try:
        save_weights({KEY: styles}, file)
    except OSError as error:
        print(f"warning: the mean styles could not be kept in {file} ({error.strerror or error})")


def read_mean_styles(file: Path, shape: tuple[int, ...]) -> Tensor | None:
    """Mean styles (K, D) of `shape`, or None where there are none; ValueError where the file is damaged."""
    if not file.is_file():
        return None
    styles = read_weights(file).get(KEY)
    if styles is None or styles.shape != shape:
        found = "no mean styles" if styles is None else f"mean styles of shape {tuple(styles.shape)}"
        raise ValueError(f"{file} holds {found}, not {shape}; remove it, and they are computed anew")
    return styles
