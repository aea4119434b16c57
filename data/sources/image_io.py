"""Images from files: a photo as RGB, a map of ids as integers."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import BinaryIO, Literal, Protocol

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from data.sources.source import IdsOutOfRange, UnreadableImage

# What Pillow raises on damaged files, format by format: it promises no common ancestor.
DAMAGED = (
    OSError, SyntaxError, ValueError, EOFError, TypeError, LookupError, MemoryError, OverflowError,
    struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip

GREY_16_BIT = ("I;16", "I;16L", "I;16B", "I;16N")
ID_MODES = ("1", "L", "P", "I", *GREY_16_BIT)

# Ids pass through float32 when a map is resized: whole numbers are exact below this.
LARGEST_ID = 2**24 - 1

MAX_PIXELS = 2**27
"""Of an image: 128 megapixels, 400 MB once decoded. A file of a few kilobytes may claim any size."""

ORIENTATION = 0x0112
"""The EXIF tag that says how an image must be turned to stand upright."""


class ImageFile(Protocol):
    """Where an image is read from: a path, or a member of an archive."""

    def open(self, mode: Literal["rb"]) -> BinaryIO:
        """Its bytes as a stream."""
        ...

    @property
    def stem(self) -> str:
        """Its name without folders and ending."""
        ...


@dataclass(frozen=True)
class Decoded:
    """A file that was read as `kind` ("photo" or "ids"): its mode and EXIF orientation as stored."""

    kind: str
    mode: str
    orientation: int  # 1 where it is stored upright


_decoded: ContextVar[list[Decoded] | None] = ContextVar("decoded", default=None)


@contextmanager
def decoded_files() -> Iterator[list[Decoded]]:
    """Lists the images that are decoded inside the `with`, by any reader."""
    found: list[Decoded] = []
    token = _decoded.set(found)
    try:
        yield found
    finally:
        _decoded.reset(token)


def read_photo(file: ImageFile) -> Image.Image:
    """Reads a photo as 8-bit RGB, upright.

    Any mode is converted: grey, palette, CMYK; alpha is dropped; 16-bit grey is scaled to 8 bits (the
    16 bits are taken to be used in full); an EXIF orientation is applied.

    Raises ValueError, naming the file, where it cannot be decoded or its range is unknown.
    """
    image, _ = _decode(file, "photo")
    if image.mode in (*GREY_16_BIT, "I"):
        grey = np.asarray(image).astype(np.int32)  # (H, W)
        if grey.min() < 0 or grey.max() > 65535:
            found = f"{grey.min()} to {grey.max()}"
            raise UnreadableImage(f"{file}: a grey photo of {found} exceeds 16 bits; save it with 8 or 16")
        image = Image.fromarray(((grey + 128) // 257).astype(np.uint8))  # 65535 becomes 255
    if image.mode in ("F", "La"):  # fractions, or grey multiplied by its alpha
        raise UnreadableImage(f"{file}: a photo of mode {image.mode} has no agreed range; save it as RGB")
    return image.convert("RGB")


def read_ids(file: ImageFile) -> np.ndarray:
    """Reads a map of ids, int32 (H, W): palette indices (not their colours), 1-, 8-, 16- or 32-bit greys.

    Raises ValueError, naming the file, where it cannot be decoded, holds colours instead of ids, was
    compressed by JPEG (which alters ids), or holds an id that is not in 0 .. 2^24 - 1.
    """
    image, file_format = _decode(file, "ids")
    if image.mode not in ID_MODES:
        raise UnreadableImage(
            f"{file}: a map of ids has one channel of whole numbers, this picture's mode is {image.mode}; "
            "replace colours by class ids and save it as a grey (8 or 16 bits) or palette PNG"
        )
    if file_format in ("JPEG", "MPO"):
        raise UnreadableImage(f"{file}: JPEG alters the ids of a map; make it again, as a PNG")
    ids = np.asarray(image).astype(np.int32)  # (H, W)
    if ids.min() < 0 or ids.max() > LARGEST_ID:
        wrong = int(ids.min() if ids.min() < 0 else ids.max())
        raise IdsOutOfRange(
            f"{file}: id {wrong} is out of range: ids lie in 0 to {LARGEST_ID}; number them anew", [wrong]
        )
    return ids


def _decode(file: ImageFile, kind: str) -> tuple[Image.Image, str | None]:
    """The whole image, decoded and upright, and the file's format, whatever the name's ending says."""
    try:
        with warnings.catch_warnings(), file.open("rb") as stream:
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the size is checked here
            with Image.open(stream) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise ValueError(
                        f"{image.width}×{image.height} pixels are more than the {MAX_PIXELS} decoded"
                    )
                image.load()
                if (decoded := _decoded.get()) is not None:
                    decoded.append(Decoded(kind, image.mode, image.getexif().get(ORIENTATION, 1)))
                return ImageOps.exif_transpose(image), image.format
    except DAMAGED as cause:
        text = f"{file}: cannot be read as a picture ({_reason(cause)}); replace the file, or remove the pair"
        raise UnreadableImage(text) from cause


def _reason(cause: Exception) -> str:
    """The cause in one line, without the path that the message already gives."""
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    if isinstance(cause, UnidentifiedImageError):
        return "empty, damaged or of an unknown format"
    return " ".join(str(cause).split()) or type(cause).__name__
