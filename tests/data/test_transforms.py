from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from data.sources.source import Record
from data.transforms import JointTransform
from tests.data.trees import COLOURS, blocks


def record(height: int = 48, width: int = 64, block: int = 8) -> Record:
    labels = blocks(height, width, block=block).astype(np.int32)
    instances = np.arange(height * width, dtype=np.int32).reshape(height, width) * 5000
    return Record(Image.fromarray(COLOURS[labels]), labels, instances % (2**24), 2, "street")


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_without_steps_the_sample_is_the_record() -> None:
    stored = record()
    sample = JointTransform(1, 1, resize="none")(stored, rng())
    assert sample.photo is not None and sample.instances is not None
    assert (sample.name, sample.style_id) == ("street", 2)
    assert (
        sample.photo.dtype == torch.float32 and sample.labels.dtype == sample.instances.dtype == torch.int64
    )
    assert {type(sample.photo), type(sample.labels), type(sample.instances)} == {torch.Tensor}
    np.testing.assert_array_equal(sample.labels.numpy(), stored.labels)
    np.testing.assert_array_equal(sample.instances.numpy(), stored.instances)
    # As torchvision's ToTensor followed by Normalize(0.5, 0.5) writes it.
    expected = (np.asarray(stored.photo).transpose(2, 0, 1) / 255 - 0.5) / 0.5
    np.testing.assert_allclose(sample.photo.numpy(), expected, atol=1e-6)


def test_the_range_of_photos_is_minus_one_to_one() -> None:
    black_and_white = Image.fromarray(np.array([[[0] * 3, [255] * 3]], dtype=np.uint8))
    stored = Record(black_and_white, np.zeros((1, 2), dtype=np.int32), None, 0, "a")
    photo = JointTransform(1, 2)(stored, rng()).photo
    assert photo is not None and photo[0].tolist() == [[-1.0, 1.0]]


@pytest.mark.parametrize("size", [(48, 20), (31, 64), (100, 57), (7, 5)])
def test_ids_come_from_the_pixel_at_their_centre(size: tuple[int, int]) -> None:
    stored = record()
    ids = JointTransform(*size)(stored, rng()).labels
    for row in range(size[0]):
        for column in range(size[1]):
            # floor((i + 1/2) · old / new) in whole numbers
            origin = (2 * row + 1) * 48 // (2 * size[0]), (2 * column + 1) * 64 // (2 * size[1])
            assert ids[row, column] == stored.labels[origin]


@pytest.mark.parametrize("size", [(24, 32), (96, 128), (37, 57), (101, 23)])
def test_resizing_agrees_with_pillow(size: tuple[int, int]) -> None:
    """Pillow is what the official code resizes with: bicubic photos, ids by nearest.

    (From odd sizes, where no centre falls on a border between pixels: there Pillow rounds either way.)
    """
    stored = record(height=47, width=63)
    height, width = size
    sample = JointTransform(height, width)(stored, rng())
    assert sample.photo is not None and sample.instances is not None and stored.photo is not None
    for ids, original in [(sample.labels, stored.labels), (sample.instances, stored.instances)]:
        expected = Image.fromarray(original).resize((width, height), Image.Resampling.NEAREST)
        np.testing.assert_array_equal(ids.numpy(), np.asarray(expected))
    photo = ((sample.photo.numpy() + 1) * 127.5).transpose(1, 2, 0)
    expected = np.asarray(stored.photo.resize((width, height), Image.Resampling.BICUBIC), dtype=float)
    assert np.abs(photo - expected).max() < 1.5


def test_no_step_invents_an_id() -> None:
    """Between ids 0 and 200 any averaging would show."""
    labels = (blocks(48, 64, block=5, classes=2) * 200).astype(np.int32)
    stored = Record(None, labels, None, 0, "a")
    transform = JointTransform(40, 50, "short_side", 61, "random", flip=True)
    for seed in range(10):
        assert set(transform(stored, rng(seed)).labels.unique().tolist()) == {0, 200}


@pytest.mark.parametrize("resize_to", [None, 96])
def test_photo_and_ids_move_as_one(resize_to: int | None) -> None:
    """A photo painted from its labels still shows the labels' colours after crop and flip."""
    stored = record(block=16)
    transform = JointTransform(40, 40, "short_side" if resize_to else "none", resize_to, "random", flip=True)
    corners = set()
    for seed in range(20):
        sample = transform(stored, rng(seed))
        assert sample.photo is not None and sample.instances is not None
        photo = ((sample.photo + 1) * 127.5).round().to(torch.uint8).permute(1, 2, 0).numpy()
        nearest = np.abs(photo[:, :, None].astype(int) - COLOURS.astype(int)).sum(-1).argmin(-1)  # (H, W)
        wrong = (nearest != sample.labels.numpy()).mean()
        # A resized photo is blurred at the borders of classes, and nowhere else.
        assert wrong == 0 if resize_to is None else wrong < 0.02
        if resize_to is None:  # instances hold the pixel's number, so they tell where each pixel came from
            rows, columns = np.divmod(sample.instances.numpy(), 64 * 5000)
            np.testing.assert_array_equal(stored.labels[rows, columns // 5000], sample.labels.numpy())
        corners.add(int(sample.instances[0, 0]))
    assert len(corners) > 10  # windows do differ


def test_windows_reach_every_corner_and_both_directions() -> None:
    stored = record(height=4, width=5)
    transform = JointTransform(3, 3, "none", crop=True, flip=True)
    seen = set()
    for seed in range(300):
        instances = transform(stored, rng(seed)).instances
        assert instances is not None
        seen.add((int(instances[0, 0]) // 5000, int(instances[0, 1] - instances[0, 0]) // 5000))
    windows = {(row * 5 + column, 1) for row in range(2) for column in range(3)}
    mirrored = {(row * 5 + column + 2, -1) for row in range(2) for column in range(3)}
    assert seen == windows | mirrored


@pytest.mark.parametrize(
    ("resize", "resize_to", "expected"),
    [
        ("fixed", None, (256, 512)),
        ("fixed", 286, (286, 572)),
        ("short_side", None, (256, 341)),
        ("short_side", 300, (300, 400)),
        ("width", None, (384, 512)),
        ("width", 600, (450, 600)),
        ("none", None, (768, 1024)),
    ],
)
def test_sizes_before_the_crop(resize: str, resize_to: int | None, expected: tuple[int, int]) -> None:
    transform = JointTransform(256, 512, resize, resize_to)
    assert transform.resized(768, 1024) == expected


def test_a_portrait_keeps_its_shape_by_its_short_side() -> None:
    assert JointTransform(256, 256, "short_side", 286).resized(1000, 500) == (572, 286)
    assert JointTransform(256, 256, "short_side", 4).resized(10000, 3) == (13333, 4)
    assert JointTransform(256, 256, "width", 2).resized(3, 10000) == (1, 2)


def test_a_crop_larger_than_the_picture_is_explained() -> None:
    message = (
        r"street: the crop of 80×40 \(width×height\) is larger than the picture, 64×48 after resize=none;"
    )
    with pytest.raises(ValueError, match=message + " make the crop smaller or resize_to larger"):
        JointTransform(40, 80, "none", crop=True)(record(), rng())
    with pytest.raises(ValueError, match="53×40 after resize=short_side"):
        JointTransform(48, 48, "short_side", 40, crop=True)(record(), rng())


def test_a_size_that_nothing_is_resized_to_is_named() -> None:
    with pytest.raises(ValueError, match="resize_to=9 has no effect with resize=none"):
        JointTransform(8, 8, resize="none", resize_to=9)


def test_label_maps_need_no_photo() -> None:
    stored = Record(None, blocks(8, 8).astype(np.int32), None, 0, "a")
    sample = JointTransform(4, 4, flip=True)(stored, rng())
    assert sample.photo is None and sample.instances is None and sample.labels.shape == (4, 4)
