"""A photo's EXIF orientation and the label map beside it.

Photos are turned upright, as viewers show them. A label map that was drawn on the upright photo fits it
then. One that was drawn by a program that does not look at the orientation has the photo's size as stored: it
is turned along. Where turning does not alter the size (upside down, mirrored, or a square) the two cannot be
told apart, and the label map is taken to be drawn on what viewers show.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

from data.sources.image_io import ORIENTATION
from data.sources.tar_member import PictureFile


def fitted(ids: np.ndarray, photo: PictureFile, upright: tuple[int, int]) -> np.ndarray:
    """`ids` (H, W) as they lie on `photo`, whose upright (height, width) is `upright`."""
    if ids.shape == upright or ids.shape != upright[::-1]:
        return ids
    with photo.open("rb") as stream, Image.open(stream) as stored:
        turn = stored.getexif().get(ORIENTATION, 1)
    drawn = Image.fromarray(ids)
    drawn.getexif()[ORIENTATION] = turn
    return np.asarray(ImageOps.exif_transpose(drawn)).astype(ids.dtype)
