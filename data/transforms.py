"""Joint transforms: photo, labels and instances are resized, cropped and flipped as one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as F

from data.batch import Sample
from data.image_range import from_uint8
from data.sources.source import Record


@dataclass(frozen=True)
class JointTransform:
    """Turns a stored record into a sample of `height` × `width` pixels.

    `resize`, to a length of `resize_to` pixels:
    - "fixed": to the shape height × width, whatever the picture's; `resize_to` is the shorter side where
      something is to be left for the crop (286 before a crop of 256×256), else exactly height × width;
    - "short_side", "width": that side to `resize_to` (default: the shorter of `height` and `width`,
      or `width`), the aspect kept;
    - "none": left as stored.
    `crop`: to a height × width window, at random; `flip`: mirror every other picture, at random.

    Photos are resized bicubic with antialiasing, as in the official code. Ids are always taken from the
    nearest pixel, counted from pixel centres (as Pillow does, and unlike torch's "nearest", which would
    shift the ids against the photo).
    """

    height: int
    width: int
    resize: str = "fixed"
    resize_to: int | None = None
    crop: bool = False
    flip: bool = False

    def __post_init__(self) -> None:
        if self.resize == "none" and self.resize_to is not None:
            raise ValueError(f"resize_to={self.resize_to} has no effect with resize=none; drop one of them")

    def __call__(self, record: Record, random: np.random.Generator) -> Sample:
        """Applies all steps; the window and the flip are drawn from `random`.

        Raises ValueError where the crop is larger than the picture.
        """
        size = self.resized(*record.labels.shape)
        top, left, height, width = self._window(size, record.name, random)
        mirrored = self.flip and random.random() < 0.5

        def transformed(image: Tensor) -> Tensor:
            image = F.crop(_resized(image, size), top, left, height, width)
            image = F.horizontal_flip(image) if mirrored else image
            return image.as_subclass(Tensor)  # networks take plain tensors

        def ids(stored: np.ndarray) -> Tensor:
            return transformed(tv_tensors.Mask(torch.from_numpy(stored)[None]))[0].long().contiguous()

        photo = None if record.photo is None else transformed(tv_tensors.Image(record.photo))
        return Sample(
            photo=None if photo is None else from_uint8(photo),  # (3, H, W)
            labels=ids(record.labels),  # (H, W)
            instances=None if record.instances is None else ids(record.instances),  # (H, W)
            style_id=record.style_id,
            name=record.name,
        )

    def resized(self, height: int, width: int) -> tuple[int, int]:
        """The size (height, width) that an image of this size has before the crop."""
        if self.resize == "none":
            return height, width
        if self.resize == "fixed":
            height, width = self.height, self.width
        if self.resize == "width":
            scale = (self.resize_to or self.width) / width
        else:
            scale = (self.resize_to or min(self.height, self.width)) / min(height, width)
        return max(1, round(height * scale)), max(1, round(width * scale))

    def fits(self, height: int, width: int) -> bool:
        """Whether the crop fits into an image of this size, once it is resized."""
        rows, columns = self.resized(height, width)
        return not self.crop or (rows >= self.height and columns >= self.width)

    def _window(self, size: tuple[int, int], name: str, random: np.random.Generator) -> tuple[int, ...]:
        """Top, left, height and width of the crop in a picture of `size`."""
        if not self.crop:
            return 0, 0, *size
        free_rows, free_columns = size[0] - self.height, size[1] - self.width
        if min(free_rows, free_columns) < 0:
            raise ValueError(
                f"{name}: the crop of {self.width}×{self.height} (width×height) is larger than the picture, "
                f"{size[1]}×{size[0]} after resize={self.resize}; make the crop smaller or resize_to larger"
            )
        top, left = random.integers(0, [free_rows + 1, free_columns + 1])
        return int(top), int(left), self.height, self.width


def _resized(picture: Tensor, size: tuple[int, int]) -> Tensor:
    if picture.shape[-2:] == size:
        return picture
    if isinstance(picture, tv_tensors.Image):
        return F.resize(picture, list(size), InterpolationMode.BICUBIC, antialias=True)
    # A Mask would be resized by torch's "nearest"; as a plain tensor it may name another.
    ids = picture.as_subclass(Tensor)
    return tv_tensors.Mask(F.resize(ids, list(size), InterpolationMode.NEAREST_EXACT))
