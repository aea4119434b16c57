from __future__ import annotations

import struct
import tracemalloc
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.sources import image_io as pictures
from data.sources.image_io import Decoded, decoded_files, read_ids, read_photo

RGB = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
GREY = RGB[:, :, 0]


def test_a_photo_drops_alpha_and_keeps_its_colours(tmp_path: Path) -> None:
    alpha = np.full((12, 16, 1), 7, dtype=np.uint8)
    Image.fromarray(np.concatenate([RGB, alpha], axis=2)).save(tmp_path / "a.png")
    photo = read_photo(tmp_path / "a.png")
    assert photo.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(photo), RGB)


@pytest.mark.parametrize("mode", ["L", "LA", "1", "P"])
def test_grey_photos_get_three_equal_channels(tmp_path: Path, mode: str) -> None:
    grey = np.where(GREY > 127, 255, 0).astype(np.uint8) if mode == "1" else GREY
    Image.fromarray(grey).convert(mode).save(tmp_path / "a.png")
    np.testing.assert_array_equal(np.asarray(read_photo(tmp_path / "a.png")), np.stack([grey] * 3, axis=2))


def test_a_palette_photo_gets_its_palettes_colours(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0, 1], [1, 0]], dtype=np.uint8), mode=None).convert("L")
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.save(tmp_path / "a.png")
    assert np.asarray(read_photo(tmp_path / "a.png")).tolist() == [
        [[10, 20, 30], [200, 100, 50]],
        [[200, 100, 50], [10, 20, 30]],
    ]


def test_a_cmyk_photo_is_converted(tmp_path: Path) -> None:
    # Pure inks and paper, by the definition of subtractive colours.
    inks = np.array([[[255, 0, 0, 0], [0, 255, 0, 0], [0, 0, 255, 0], [0, 0, 0, 0]]], dtype=np.uint8)
    Image.fromarray(inks, mode="CMYK").save(tmp_path / "a.tif")
    assert np.asarray(read_photo(tmp_path / "a.tif")).tolist() == [
        [[0, 255, 255], [255, 0, 255], [255, 255, 0], [255, 255, 255]]
    ]


def test_a_16_bit_photo_is_scaled_to_8_bits(tmp_path: Path) -> None:
    Image.fromarray(GREY.astype(np.uint16) * 257).save(tmp_path / "a.png")
    np.testing.assert_array_equal(np.asarray(read_photo(tmp_path / "a.png"))[:, :, 1], GREY)
    for stored, expected in [(0, 0), (128, 0), (129, 1), (65535, 255)]:  # 65535 / 255 = 257 a step
        Image.fromarray(np.full((2, 2), stored, dtype=np.uint16)).save(tmp_path / "b.png")
        assert np.asarray(read_photo(tmp_path / "b.png"))[0, 0, 0] == expected


# How the stored picture must be turned to stand upright, for each value of the EXIF tag 0x0112.
UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a, 1),
}


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_photo_stands_upright(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(RGB).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(np.asarray(read_photo(tmp_path / "a.png")), UPRIGHT[orientation](RGB))


@pytest.mark.parametrize(
    "ids", [GREY, GREY.astype(np.uint16) * 200, GREY.astype(np.int32) * 60_000], ids=["8", "16", "32"]
)
def test_ids_of_every_depth_are_kept(tmp_path: Path, ids: np.ndarray) -> None:
    file = tmp_path / ("a.tif" if ids.dtype == np.int32 else "a.png")
    Image.fromarray(ids).save(file)
    read = read_ids(file)
    assert read.dtype == np.int32
    np.testing.assert_array_equal(read, ids)


def test_big_endian_16_bit_ids_are_kept(tmp_path: Path) -> None:
    Image.frombytes("I;16B", (2, 1), bytes([0, 3, 2, 1])).save(tmp_path / "a.tif")
    assert read_ids(tmp_path / "a.tif").tolist() == [[3, 513]]


def test_a_palette_gives_indices_not_colours(tmp_path: Path) -> None:
    image = Image.fromarray(GREY % 12)
    image.putpalette(np.random.default_rng(1).integers(0, 256, 36).tolist())
    image.save(tmp_path / "a.png")
    assert Image.open(tmp_path / "a.png").mode == "P"
    np.testing.assert_array_equal(read_ids(tmp_path / "a.png"), GREY % 12)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA"])
def test_colours_are_no_ids(tmp_path: Path, mode: str) -> None:
    Image.fromarray(RGB).convert(mode).save(tmp_path / "street.png")
    with pytest.raises(
        ValueError, match=rf"street\.png.*mode is {mode};.*save it as a grey .* or palette PNG"
    ):
        read_ids(tmp_path / "street.png")


def test_a_jpeg_of_ids_is_refused(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "street.jpg")
    with pytest.raises(ValueError, match=r"street\.jpg: JPEG alters the ids"):
        read_ids(tmp_path / "street.jpg")


def test_ids_beyond_float32_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 2**24]], dtype=np.int32)).save(tmp_path / "a.tif")
    with pytest.raises(ValueError, match=r"a\.tif: id 16777216 is out of range: ids lie in 0 to 16777215"):
        read_ids(tmp_path / "a.tif")


@pytest.mark.parametrize("ending", ["png", "jpg", "bmp", "webp", "tif"])
@pytest.mark.parametrize("read", [read_photo, read_ids])
def test_a_truncated_picture_is_named(tmp_path: Path, ending: str, read: object) -> None:
    file = tmp_path / f"street.{ending}"
    Image.fromarray(RGB.repeat(20, axis=0)).save(file)
    whole = file.read_bytes()
    for kept in (len(whole) // 2, 20, 0):
        file.write_bytes(whole[:kept])
        with pytest.raises(
            ValueError, match=rf"street\.{ending}: cannot be read as a picture \(.+\); replace"
        ):
            read(file)


def test_a_missing_or_foreign_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"gone\.png: cannot be read as a picture \(No such file"):
        read_photo(tmp_path / "gone.png")
    (tmp_path / "text.png").write_text("not a picture")
    with pytest.raises(ValueError, match=r"text\.png: .*\(empty, damaged or of an unknown format\)"):
        read_photo(tmp_path / "text.png")


def bomb(side: int) -> bytes:
    """A PNG of some hundred bytes whose header claims side x side pixels."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = b""
    for kind, content in ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")):
        chunks += struct.pack(">I", len(content)) + kind + content
        chunks += struct.pack(">I", zlib.crc32(kind + content))
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize("side", [11_600, 13_000, 60_000])
@pytest.mark.parametrize("read", [read_photo, read_ids])
def test_a_decompression_bomb_is_refused_undecoded(tmp_path: Path, read: object, side: int) -> None:
    (tmp_path / "bomb.png").write_bytes(bomb(side))
    tracemalloc.start()
    with (
        warnings.catch_warnings(record=True) as warned,
        pytest.raises(ValueError, match=r"bomb\.png: .*pixels.*; replace the file") as caught,
    ):
        read(tmp_path / "bomb.png")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "\n" not in str(caught.value) and not warned
    assert peak < 5e6  # 403 MB and more would be the picture


def test_a_picture_at_the_limit_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.fromarray(RGB).save(tmp_path / "a.png")
    monkeypatch.setattr(pictures, "MAX_PIXELS", 192)
    assert read_photo(tmp_path / "a.png").size == (16, 12)
    monkeypatch.setattr(pictures, "MAX_PIXELS", 191)
    with pytest.raises(ValueError, match=r"a\.png: .*16×12 pixels are more than the 191"):
        read_photo(tmp_path / "a.png")


def test_a_cmyk_jpeg_keeps_its_colours(tmp_path: Path) -> None:
    inks = np.full((8, 8, 4), (255, 0, 0, 0), dtype=np.uint8)
    Image.fromarray(inks, mode="CMYK").save(tmp_path / "a.jpg", quality=100)
    assert np.abs(np.asarray(read_photo(tmp_path / "a.jpg")).astype(int) - (0, 255, 255)).max() <= 2


def test_what_is_decoded_can_be_watched(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(GREY).save(tmp_path / "a.png", exif=exif)
    with decoded_files() as files:
        read_photo(tmp_path / "a.png")
        read_ids(tmp_path / "a.png")
    read_photo(tmp_path / "a.png")
    assert files == [Decoded("photo", "L", 6), Decoded("ids", "L", 6)]


def test_a_photo_of_unknown_range_is_not_guessed_at(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 70_000]], dtype=np.int32)).save(tmp_path / "deep.tif")
    with pytest.raises(ValueError, match=r"deep\.tif: a grey photo of 0 to 70000 exceeds 16 bits"):
        read_photo(tmp_path / "deep.tif")
    Image.new("F", (2, 2)).save(tmp_path / "float.tif")
    with pytest.raises(ValueError, match=r"float\.tif: a photo of mode F has no agreed range"):
        read_photo(tmp_path / "float.tif")
