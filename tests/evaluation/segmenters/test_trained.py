"""What a segmenter from scratch is trained on: pairs that are zoomed as one, photos in other colours."""

from __future__ import annotations

import pytest
import torch

import evaluation.segmenters.trained
from evaluation.segmenters.trained import augmented
from tests.evaluation.made_up import pictures

COUNT, HEIGHT, WIDTH = 16, 48, 64
COLOURS = torch.tensor([[-0.9, -0.9, 0.9], [0.9, -0.9, -0.9], [-0.9, 0.9, -0.9], [0.9, 0.9, 0.9]])


def test_photo_and_labels_are_zoomed_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each class in one colour: which class a pixel's colour is of, is what its label says."""
    monkeypatch.setattr(evaluation.segmenters.trained, "COLOUR_SHIFT", 0.0)
    torch.manual_seed(0)
    labels = (
        torch.randint(4, (COUNT, HEIGHT // 16, WIDTH // 16)).repeat_interleave(16, 1).repeat_interleave(16, 2)
    )
    photo, ids = augmented(COLOURS[labels].permute(0, 3, 1, 2), labels)
    away = (photo[:, None] - COLOURS[None, :, :, None, None]).square().sum(dim=2)  # (B, 4, H, W)
    sharp = away.amin(dim=1) < 1e-6  # not between two classes
    assert sharp.float().mean() > 0.7
    assert torch.equal(away.argmin(dim=1)[sharp], ids[sharp]), "no label is off by a pixel"
    changed = (ids != labels).flatten(1).float().mean(dim=1)
    assert len(set(changed.tolist()) - {0}) > COUNT - 4, "each pair by its own zoom"


def test_colours_change_by_channel_and_labels_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation.segmenters.trained, "MOST_ZOOM", 1.0)
    torch.manual_seed(0)
    photo, labels = pictures(COUNT, HEIGHT, WIDTH) / 3, torch.randint(4, (COUNT, HEIGHT, WIDTH))
    shown, ids = augmented(photo, labels)
    assert torch.equal(ids, labels)
    x, y = photo.flatten(2), shown.flatten(2)  # (B, 3, H·W)
    slope = (y.amax(2) - y.amin(2)) / (x.amax(2) - x.amin(2))
    torch.testing.assert_close(
        y, slope[..., None] * (x - x.mean(2, True)) + y.mean(2, True), rtol=0, atol=1e-4
    )
    assert 0.7 < slope.min() < 0.85 and 1.15 < slope.max() < 1.3
    assert (y.mean(2) - slope * x.mean(2)).abs().max() <= 0.3 + 1e-5
