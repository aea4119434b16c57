"""Precision and recall against eqs. 1-3 of the paper point by point, and against torch-fidelity."""

import pytest
import torch
from torch_fidelity.metric_prc import calculate_precision_recall_full

import evaluation.precision_recall
from evaluation.precision_recall import precision, recall


def features(count, seed, spread=1.0, shift=0.0):
    return torch.randn(count, 3, generator=torch.Generator().manual_seed(seed)) * spread + shift


def precision_recall(generated, photos):
    return precision(generated, photos), recall(generated, photos)


def within(point, centres):
    """Eq. 1: whether the point lies in the ball of any centre."""
    for i, centre in enumerate(centres):
        others = sorted(float((centre - other).norm()) for j, other in enumerate(centres) if j != i)
        if float((point - centre).norm()) <= others[2]:
            return True
    return False


def test_is_its_definition():
    generated, photos = features(15, 1, spread=0.8, shift=0.5).double(), features(12, 2).double()
    found = precision_recall(generated, photos)
    assert found[0] == pytest.approx(sum(within(x, photos) for x in generated) / 15)
    assert found[1] == pytest.approx(sum(within(y, generated) for y in photos) / 12)
    assert 0 < found[0] < 1 and 0 < found[1] < 1 and found[0] != found[1]


def test_agrees_with_torch_fidelity():
    generated, photos = features(60, 3, spread=0.7), features(50, 4)
    assert precision_recall(generated, photos) == pytest.approx(
        calculate_precision_recall_full(generated, photos, neighborhood=3)
    )


def test_blur_loses_precision_and_collapse_loses_recall():
    photos = features(100, 5)
    assert precision(photos + 20, photos) == 0
    collapsed = photos[:1] + 0.01 * features(100, 6)
    assert precision(collapsed, photos) > 0.9 and recall(collapsed, photos) < 0.1


def test_a_set_lies_in_itself_and_blocks_do_not_show(monkeypatch):
    photos = features(23, 7) + 1000
    assert precision_recall(photos, photos) == (1, 1)
    other = features(23, 8) + 1000
    expected = precision_recall(photos, other)
    monkeypatch.setattr(evaluation.precision_recall, "BLOCK", 4)
    assert precision_recall(photos, other) == expected


def test_too_few_pictures_are_refused():
    with pytest.raises(ValueError, match=r"at least 4 pictures, a set has 3"):
        precision(features(5, 1), features(3, 2))
