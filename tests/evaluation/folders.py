"""Folders of pictures for tests: photos with texture, and copies that are worse in a known order."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from data.sources.scenes import Scenes
from tests.data.trees import COLOURS, blocks


def write_photos(folder: Path, count: int, height: int = 32, width: int = 40) -> Path:
    """`count` photos p0, p1, … in folder/photos, their label maps in folder/labels; returns folder/photos."""
    for kind in ("photos", "labels"):
        (folder / kind).mkdir(parents=True)
    for number in range(count):
        ids = blocks(height, width, seed=number)
        random = np.random.default_rng(number)
        texture = random.integers(-30, 30, (height // 4, width // 4, 3)).repeat(4, 0).repeat(4, 1)
        pixels = (COLOURS[ids].astype(int) + texture).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / "photos" / f"p{number}.png")
        Image.fromarray(ids).save(folder / "labels" / f"p{number}.png")
    return folder / "photos"


def write_scenes(folder: Path, count: int, side: int = 96) -> Path:
    """Built-in scenes p0, p1, … as photographs in folder/photos, which it returns."""
    photos = folder / "photos"
    photos.mkdir(parents=True)
    source = Scenes("val", side, side, count)
    for number in range(count):
        source.read(number).photo.save(photos / f"p{number}.png")
    return photos


def noisy(photos: Path, folder: Path, amount: float) -> Path:
    """The photos with noise of this deviation, in levels of 0-255."""
    folder.mkdir(parents=True)
    for number, file in enumerate(sorted(photos.iterdir())):
        pixels = np.asarray(Image.open(file)).astype(float)
        noise = np.random.default_rng(number).normal(0, amount, pixels.shape)
        Image.fromarray((pixels + noise).clip(0, 255).round().astype(np.uint8)).save(folder / file.name)
    return folder


def blurred(photos: Path, folder: Path, radius: float) -> Path:
    """The photos under a Gaussian blur of this radius in pixels."""
    folder.mkdir(parents=True)
    for file in sorted(photos.iterdir()):
        Image.open(file).filter(ImageFilter.GaussianBlur(radius)).save(folder / file.name)
    return folder
