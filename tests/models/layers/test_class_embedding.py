from __future__ import annotations

import pytest
import torch

from models.layers.class_linear import class_embedding
from tests.references.norms import pixels


@pytest.mark.parametrize("own_rows", [False, True])
def test_each_pixel_gets_the_row_of_its_class(own_rows: bool) -> None:
    labels = torch.randint(5, (2, 4, 3))
    rows = torch.randn(2, 5, 6) if own_rows else torch.randn(5, 6)
    found = class_embedding(rows, labels)
    assert found.shape == (2, 6, 4, 3) and found.is_contiguous(memory_format=torch.channels_last)
    for b, i, j in pixels(labels):
        expected = rows[b, labels[b, i, j]] if own_rows else rows[labels[b, i, j]]
        assert torch.equal(found[b, :, i, j], expected)


@pytest.mark.parametrize("own_rows", [False, True])
def test_a_class_that_no_pixel_has_gets_no_gradient(own_rows: bool) -> None:
    rows = torch.randn(2, 3, 4) if own_rows else torch.randn(3, 4)
    rows.requires_grad_()
    class_embedding(rows, torch.tensor([[[0, 2], [2, 2]], [[2, 0], [0, 0]]])).sum().backward()
    pixels_of_class = torch.tensor([[1.0, 0.0, 3.0], [3.0, 0.0, 1.0]])
    expected = pixels_of_class if own_rows else pixels_of_class.sum(0)
    assert torch.equal(rows.grad, expected[..., None].expand_as(rows))
