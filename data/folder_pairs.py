"""Generated images in a folder beside the photos they imitate: pairs of files, read for measuring."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from data.batch import Batch, Sample, collate
from data.image_range import from_uint8
from data.sources.image_io import read_photo
from data.sources.label_format import LabelFormat
from data.sources.pairing import list_images, pair

FILTERS = {
    "lanczos": Image.Resampling.LANCZOS,
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
}
"""Pillow's, which look at all pixels that become one: antialiased."""


@dataclass(frozen=True)
class Resizing:
    """Both images of a pair to `height` × `width` pixels, by one of `FILTERS`."""

    height: int
    width: int
    filter: str

    def __call__(self, image: Image.Image) -> Image.Image:
        size = (self.width, self.height)
        return image if image.size == size else image.resize(size, FILTERS[self.filter])

    def labels(self, ids: np.ndarray) -> np.ndarray:
        """The label map (H, W) at that size, each pixel's id the nearest one's."""
        image = Image.fromarray(ids.astype(np.int32))
        return np.asarray(image.resize((self.width, self.height), Image.Resampling.NEAREST))


class FolderPairs:
    """Images of `generated` with the photos of `real` that have their names (endings aside).

    `pairing`: or, where it is "sorted", the n-th with the n-th, whatever their names;
    `labels`: folder of label maps of those names, or None; `label_format`: how they store classes;
    `resizing`: None where every pair keeps its own size.

    Raises ValueError where a folder is missing or empty, or a file has no partner.
    """

    def __init__(
        self,
        generated: Path,
        real: Path,
        resizing: Resizing | None = None,
        labels: Path | None = None,
        label_format: LabelFormat | None = None,
        pairing: str = "name",
    ) -> None:
        assert (labels is None) == (label_format is None), "label maps and their format go together"
        names = list_images(generated, "generated pictures")

        def partners(folder: Path, expected: str) -> list[Path]:
            others = list_images(folder, expected)
            return [folder / name for name in pair(names, generated, others, folder, pairing)]

        self._generated = [generated / name for name in names]
        self._real = partners(real, "photos")
        self._labels = None if labels is None else partners(labels, "label maps")
        self._label_format = label_format
        self._resizing = resizing

    def __len__(self) -> int:
        return len(self._generated)

    def batches(self, positions: Sequence[int], count: int) -> Iterator[tuple[Tensor, Batch]]:
        """Generated images (B, 3, H, W) in [-1, 1] with a batch of their photos and label maps.

        Pairs at `positions`, up to `count` of one size in a row; without label maps `labels` are zeros.
        Raises ValueError, naming the files, where one is unreadable or a pair differs in size.
        """
        for _, alike in groupby(map(self._read, positions), lambda pair: pair[0].shape):
            while pairs := list(islice(alike, count)):
                generated, samples = zip(*pairs)
                yield torch.stack(generated), collate(list(samples))

    def photos(self, positions: Sequence[int], count: int) -> Iterator[Batch]:
        """The batches alone."""
        return (batch for _, batch in self.batches(positions, count))

    def _read(self, position: int) -> tuple[Tensor, Sample]:
        file, partner = self._generated[position], self._real[position]
        generated, photo = read_photo(file), read_photo(partner)
        if self._resizing is not None:
            generated, photo = self._resizing(generated), self._resizing(photo)
        size = f"{photo.width}×{photo.height}"
        if generated.size != photo.size:
            raise ValueError(
                f"{file} is {generated.width}×{generated.height} but {partner} is {size} (width×height): "
                "compare both at one size, pairs.height=... pairs.width=..."
            )
        ids = np.zeros((photo.height, photo.width), dtype=np.int64)
        if self._labels is not None and self._label_format is not None:
            ids = self._label_format.read(self._labels[position])  # (H, W)
            ids = ids if self._resizing is None else self._resizing.labels(ids)
            if ids.shape != (photo.height, photo.width):
                raise ValueError(
                    f"{self._labels[position]} is {ids.shape[1]}×{ids.shape[0]} but its photo is {size} "
                    "(width×height): a label map has its photo's size; or compare all at one, "
                    "pairs.height=... pairs.width=..."
                )
        labels = torch.from_numpy(ids.astype(np.int64))
        return _tensor(generated), Sample(_tensor(photo), labels, None, 0, file.stem)


def _tensor(image: Image.Image) -> Tensor:
    pixels = torch.from_numpy(np.array(image))  # (H, W, 3) uint8
    return from_uint8(pixels.permute(2, 0, 1))
