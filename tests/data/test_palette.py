from __future__ import annotations

import numpy as np
import pytest
import torch

from data.palette import colourise, distinct_colours


def test_colours_are_far_apart() -> None:
    colours = np.array(distinct_colours(183), dtype=float)
    distances = np.linalg.norm(colours[:, None] - colours[None], axis=2) + 1000 * np.eye(183)
    assert distances.min() > 30
    assert np.linalg.norm(colours[:20], axis=1).min() > 100  # not taken for unknown, which is black


def test_more_classes_keep_the_colours_of_fewer() -> None:
    assert distinct_colours(40)[:7] == distinct_colours(7)
    assert distinct_colours(0) == ()


def test_every_colour_is_a_byte() -> None:
    colours = distinct_colours(4096)
    assert len(set(colours)) == 4096
    assert {type(value) for colour in colours for value in colour} == {int}
    assert min(min(colours)) >= 0 and max(max(colours)) <= 255
    with pytest.raises(ValueError, match="4097 classes: at most 4096"):
        distinct_colours(4097)


def test_each_pixel_gets_its_classes_colour() -> None:
    colours = ((1, 2, 3), (40, 50, 60), (255, 0, 128))
    labels = torch.tensor([[[0, 1], [2, 2]], [[1, 1], [0, 2]]])
    painted = colourise(labels, colours)
    assert painted.dtype == torch.uint8 and painted.shape == (2, 3, 2, 2)
    for image in range(2):
        for row in range(2):
            for column in range(2):
                assert tuple(painted[image, :, row, column].tolist()) == colours[labels[image, row, column]]
    assert torch.equal(colourise(labels[0], colours), painted[0])
