"""Small data sets on disk: label maps in blocks, and photos painted from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from data.sources.classes import numbered_label_set
from data.sources.label_format import StoredIds

FOUR_CLASSES = StoredIds.in_order(numbered_label_set(4, has_unknown=True), unknown=255)
COLOURS = np.array([[250, 10, 20], [30, 240, 40], [50, 60, 230], [220, 210, 0]], dtype=np.uint8)


FACADES_PALETTE = [
    (0, 0, 0),
    (0, 0, 170),
    (0, 0, 255),
    (0, 85, 255),
    (0, 170, 255),
    (0, 255, 255),
    (85, 255, 170),
]
"""The first entries of the published label maps' palette, by stored id."""


def blocks(height: int, width: int, seed: int = 0, block: int = 8, classes: int = 4) -> np.ndarray:
    """A label map of random squares, uint8 (H, W)."""
    rows, columns = -(-height // block), -(-width // block)
    ids = np.random.default_rng(seed).integers(0, classes, (rows, columns), dtype=np.uint8)
    return np.kron(ids, np.ones((block, block), dtype=np.uint8))[:height, :width]


def write_pair(labels: Path, photos: Path, name: str, ids: np.ndarray) -> None:
    """A grey label map, and the photo that paints class k in COLOURS[k]."""
    labels.mkdir(parents=True, exist_ok=True)
    photos.mkdir(parents=True, exist_ok=True)
    Image.fromarray(ids).save(labels / f"{name}.png")
    Image.fromarray(COLOURS[ids]).save(photos / f"{name}.png")


def write_folder(root: Path, count: int, split: str = "train", height: int = 24, width: int = 32) -> Path:
    """ROOT/SPLIT/labels and ROOT/SPLIT/photos with `count` pairs a0, a1, …"""
    for number in range(count):
        ids = blocks(height, width, seed=number)
        write_pair(root / split / "labels", root / split / "photos", f"a{number}", ids)
    return root


def write_facade(root: Path, name: str, ids: np.ndarray) -> None:
    """NAME.jpg, NAME.png (a palette PNG of ids 1-12) and NAME.xml, as in the published archives."""
    root.mkdir(parents=True, exist_ok=True)
    labels = Image.fromarray(ids.astype(np.uint8)).convert("P")
    labels.putpalette([value for colour in FACADES_PALETTE for value in colour])
    labels.putdata(ids.ravel().tolist())  # converting to a palette may have renumbered
    labels.save(root / f"{name}.png")
    Image.new("RGB", ids.shape[::-1], (200, 30, 60)).save(root / f"{name}.jpg")
    (root / f"{name}.xml").write_text("<object></object>")
