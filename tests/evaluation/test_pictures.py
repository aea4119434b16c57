"""Rounding to 8 bits is what a PNG file does."""

import io

import numpy as np
import torch
from PIL import Image

from data.image_range import from_uint8, to_uint8
from evaluation.pictures import quantise
from tests.evaluation.made_up import pictures


def test_quantising_is_a_round_trip_through_a_png_file():
    photo = pictures(1)
    file = io.BytesIO()
    rounded = np.rint((photo[0].permute(1, 2, 0).double().numpy() + 1) / 2 * 255).astype(np.uint8)
    Image.fromarray(rounded).save(file, format="png")
    read = np.asarray(Image.open(file)).astype(np.float64) / 255 * 2 - 1
    np.testing.assert_allclose(quantise(photo)[0].permute(1, 2, 0).numpy(), read, atol=1e-6)


def test_quantising_twice_changes_nothing():
    once = quantise(pictures(3))
    assert torch.equal(quantise(once), once)


def test_every_level_survives():
    levels = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_uint8(from_uint8(levels)), levels)
    assert torch.equal(
        to_uint8(from_uint8(levels).bfloat16().float().clamp(-1, 1))[[0, 255]], levels[[0, 255]]
    )
