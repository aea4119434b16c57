"""Pictures from files: a photo as RGB, and a map of ids as integers."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

# What Pillow raises on damaged files, format by format: it promises no common ancestor.
DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    LookupError,
    MemoryError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)

GREY_16_BIT = ("I;16", "I;16L", "I;16B", "I;16N")
ID_MODES = ("1", "L", "P", "I", *GREY_16_BIT)

# Ids pass through float32 when a map is resized: whole numbers are exact below this.
LARGEST_ID = 2**24 - 1


def read_photo(file: Path) -> Image.Image:
    """Reads a photo as 8-bit RGB, upright.

    Any mode is converted: grey, palette, CMYK; alpha is dropped; 16-bit grey is scaled to 8 bits (the
    16 bits are taken to be used in full); an EXIF orientation is applied.

    Raises ValueError, naming the file, where it cannot be decoded or its range is unknown.
    """
    image, _ = _decode(file)
    if image.mode in (*GREY_16_BIT, "I"):
        image = _scaled_to_8_bits(image, file)
    if image.mode in ("F", "La"):  # fractions, or grey multiplied by its alpha
        raise ValueError(f"{file}: a photo of mode {image.mode} has no agreed range; save it as 8-bit RGB")
    return image.convert("RGB")


def read_ids(file: Path) -> np.ndarray:
    """Reads a map of ids, int32 (H, W): palette indices (not their colours), 1-, 8-, 16- or 32-bit greys.

    Raises ValueError, naming the file, where it cannot be decoded, holds colours instead of ids, was
    compressed by JPEG (which alters ids), or holds an id that is not in 0 .. 2^24 - 1.
    """
    image, file_format = _decode(file)
    if image.mode not in ID_MODES:
        raise ValueError(
            f"{file}: a map of ids needs one channel of whole numbers, this picture's mode is {image.mode}; "
            "replace colours by class ids and save it as a grey (8 or 16 bits) or palette PNG"
        )
    if file_format == "JPEG":
        raise ValueError(f"{file}: JPEG alters the ids of a map; make it again from its origin, as a PNG")
    ids = np.asarray(image).astype(np.int32)  # (H, W)
    if ids.min() < 0 or ids.max() > LARGEST_ID:
        wrong = ids.min() if ids.min() < 0 else ids.max()
        raise ValueError(
            f"{file}: id {wrong} is out of range: ids lie in 0 to {LARGEST_ID}; number them anew"
        )
    return ids


def _decode(file: Path) -> tuple[Image.Image, str | None]:
    """The whole picture, decoded and upright, and the file's format, whatever the name's ending says."""
    try:
        with Image.open(file) as image:
            image.load()
            return ImageOps.exif_transpose(image), image.format
    except DAMAGED as cause:
        raise ValueError(
            f"{file}: cannot be read as a picture ({_reason(cause)}); "
            "replace the file, or take it and its partner out of the data set"
        ) from cause


def _reason(cause: Exception) -> str:
    """The cause in one line, without the path that the message already gives."""
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    if isinstance(cause, UnidentifiedImageError):
        return "empty, damaged or of an unknown format"
    return " ".join(str(cause).split()) or type(cause).__name__


def _scaled_to_8_bits(image: Image.Image, file: Path) -> Image.Image:
    """16-bit grey to 8-bit grey: 65535 becomes 255."""
    grey = np.asarray(image).astype(np.int32)  # (H, W)
    if grey.min() < 0 or grey.max() > 65535:
        raise ValueError(
            f"{file}: a grey photo of {grey.min()} to {grey.max()} exceeds 16 bits; save it with 8 or 16 bits"
        )
    return Image.fromarray(((grey + 128) // 257).astype(np.uint8))
