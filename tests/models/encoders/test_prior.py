"""Styles without an encoder: standard normal, from the generator that is given, and from nothing else."""

from __future__ import annotations

import pytest
import torch

from models.encoders.prior import Prior


def test_codes_are_standard_normal_and_repeat_with_their_seed() -> None:
    codes, again = (Prior(5).prior(20_000, torch.Generator().manual_seed(3)) for _ in range(2))
    assert codes.shape == (20_000, 5) and torch.equal(codes, again)
    torch.testing.assert_close(codes.mean(0), torch.zeros(5), atol=0.05, rtol=0)
    torch.testing.assert_close(codes.std(0), torch.ones(5), atol=0.05, rtol=0)


def test_the_photo_does_not_matter() -> None:
    labels = torch.zeros(2, 8, 8, dtype=torch.int64)
    first, other = (
        Prior(5).encode(torch.full((2, 3, 8, 8), value), labels, torch.Generator().manual_seed(0))
        for value in (-1.0, 1.0)
    )
    assert torch.equal(first.codes, other.codes) and first.codes.shape == (2, *Prior(5).code_shape)
    assert first.posterior is None
    with pytest.raises(ValueError, match="its styles are drawn"):
        Prior(5).encode(torch.zeros(2, 3, 8, 8), labels, None)
