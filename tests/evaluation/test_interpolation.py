"""Strips and animations, read back by Pillow."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageSequence

from evaluation.interpolation import write_interpolation


def flat(red: float, green: float, blue: float) -> torch.Tensor:
    """One colour, float in [-1, 1], 8 pixels high and 12 wide."""
    return torch.tensor([red, green, blue])[:, None, None].expand(3, 8, 12) / 127.5 - 1


def test_the_strip_has_the_images_in_order(tmp_path: Path) -> None:
    images = [flat(255, 0, 10), flat(128, 0, 20), flat(0, 0, 30)]
    write_interpolation(tmp_path / "new", "a.b", images)
    strip = np.asarray(Image.open(tmp_path / "new" / "a.b.png"))
    assert strip.shape == (8, 36, 3)
    assert [strip[4, column].tolist() for column in (0, 11, 12, 23, 24, 35)] == [
        [255, 0, 10], [255, 0, 10], [128, 0, 20], [128, 0, 20], [0, 0, 30], [0, 0, 30],
    ]  # fmt: skip


def test_the_animation_goes_there_and_back_and_rests_at_its_ends(tmp_path: Path) -> None:
    reds = [250, 200, 100, 0]
    write_interpolation(tmp_path, "a", [flat(red, 0, 0) for red in reds])
    with Image.open(tmp_path / "a.gif") as animation:
        assert animation.info["loop"] == 0
        frames = [
            (np.asarray(frame.convert("RGB"))[4, 6, 0], frame.info["duration"])
            for frame in ImageSequence.Iterator(animation)
        ]
    assert [int(red) for red, _ in frames] == [250, 200, 100, 0, 100, 200]
    assert [duration for _, duration in frames] == [700, 120, 120, 700, 120, 120]
