"""The codes of requested photos: by class, of whole photos or of regions, and what does not fit."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from data.sources.scenes import LABEL_FORMAT
from inference.style_args import StyleArgs, read_style_photo, requested_codes
from tests.inference.test_generator import SEAN, generator_of

MEANS = torch.rand(15, 4, generator=torch.Generator().manual_seed(0))
LABEL_SET = LABEL_FORMAT.label_set
SKY, SUN, CLOUD = LABEL_SET.names[:3]
read = partial(read_style_photo, label_format=LABEL_FORMAT, height=32, width=48)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A photo of 48x32 whose left half is sky and whose right half is cloud."""
    photo = np.random.default_rng(0).integers(0, 256, (32, 48, 3), dtype=np.uint8)
    labels = np.where(np.arange(48) < 24, 0, 2)[None].repeat(32, 0).astype(np.uint8)
    Image.fromarray(photo).save(tmp_path / "photo.png")
    Image.fromarray(labels).save(tmp_path / "labels.png")
    return tmp_path


def test_codes_by_class(files: Path) -> None:
    generator, photo, labels = generator_of(*SEAN), str(files / "photo.png"), str(files / "labels.png")
    args = StyleArgs({None: photo, SUN: "mean", CLOUD: photo}, {CLOUD: labels})
    codes = requested_codes(args, LABEL_SET, generator, read, lambda: MEANS)
    image = torch.from_numpy(np.array(Image.open(photo))).permute(2, 0, 1)[None] / 127.5 - 1
    ids = torch.from_numpy(np.array(Image.open(labels))).long()[None]
    assert list(codes) == [None, 1, 2]
    torch.testing.assert_close(codes[None], generator.styles(image))
    assert torch.equal(codes[1], MEANS[None])
    torch.testing.assert_close(codes[2], generator.styles(image, ids))


def test_a_photo_has_the_size_of_training_images(files: Path) -> None:
    photo = files / "large.png"
    Image.open(files / "photo.png").resize((96, 80)).save(photo)
    sample = read(photo, None)
    assert sample.photo is not None and sample.photo.shape == (3, 32, 38)
    assert not sample.labels.any() and sample.labels.shape == (32, 38)


def test_what_does_not_fit(files: Path) -> None:
    photo, labels = str(files / "photo.png"), str(files / "labels.png")
    generator = generator_of(*SEAN)
    for args, message in (
        (StyleArgs({SKY: "mean", "0": "mean"}), "style.0=mean: this class has style.sky=mean already"),
        (StyleArgs({None: "absent.png"}), "style=absent.png: there is no such file"),
        (StyleArgs({SKY: photo}, {SKY: "absent.png"}), "style_labels.sky=absent.png: there is no such file"),
        (StyleArgs({SUN: photo}, {SUN: labels}), f"{labels} shows no sun, but sky, cloud; without its"),
        (StyleArgs({"skky": photo}), "style.skky: no such class; did you mean sky?"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            requested_codes(args, LABEL_SET, generator, read, lambda: MEANS)
