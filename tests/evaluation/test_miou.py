"""mIoU and pixel accuracy against counting pixel by pixel."""

import math

import pytest
import torch

from data.sources.classes import numbered_label_set
from evaluation.miou import SegmentationScores, class_ious, segmentation_metrics
from evaluation.segmenters.segmenter import OTHER

KNOWN = 4


def slow(predicted, labels, classes, ignored):
    """mIoU and pixel accuracy over `classes`; pixels labelled `ignored` are skipped."""
    pixels = [(p, t) for p, t in zip(predicted.flatten().tolist(), labels.flatten().tolist()) if t != ignored]
    ious = {}
    for k in classes:
        both = sum(p == k and t == k for p, t in pixels)
        either = sum(p == k or t == k for p, t in pixels)
        if either:
            ious[k] = both / either
    return sum(ious.values()) / len(ious), sum(p == t for p, t in pixels) / len(pixels), ious


def made(seed, least=0, greatest=KNOWN + 1):
    random = torch.Generator().manual_seed(seed)
    return torch.randint(least, greatest, (5, 6, 7), generator=random)


def counted(predicted, labels, label_set):
    scores = SegmentationScores(label_set)
    for p, t in zip(predicted.split(2), labels.split(2)):
        scores.update(p, t)
    return scores.compute()


def test_both_conventions_are_the_slow_ones():
    label_set = numbered_label_set(KNOWN, has_unknown=True)
    predicted, labels = made(1, least=OTHER), made(2)
    counts = counted(predicted, labels, label_set)
    miou, accuracy, ious = slow(predicted, labels, range(KNOWN), ignored=KNOWN)
    all_miou, all_accuracy, _ = slow(predicted, labels, range(KNOWN + 1), ignored=None)
    expected = {
        "miou": miou,
        "pixel_accuracy": accuracy,
        "miou_unknown_counted": all_miou,
        "pixel_accuracy_unknown_counted": all_accuracy,
    }
    assert segmentation_metrics(counts, label_set) == pytest.approx(expected)
    assert len({round(value, 6) for value in expected.values()}) == 4
    named = {f"class {k}": value for k, value in ious.items()}
    assert class_ious(counts, label_set) == pytest.approx(named)


def test_without_an_unknown_class_there_is_one_convention():
    label_set = numbered_label_set(KNOWN, has_unknown=False)
    predicted, labels = made(3, greatest=KNOWN), made(4, greatest=KNOWN)
    miou, accuracy, _ = slow(predicted, labels, range(KNOWN), ignored=None)
    found = segmentation_metrics(counted(predicted, labels, label_set), label_set)
    assert found == pytest.approx({"miou": miou, "pixel_accuracy": accuracy})


def test_a_class_that_is_nowhere_does_not_count_and_one_only_predicted_has_none():
    label_set = numbered_label_set(KNOWN, has_unknown=False)
    labels = torch.zeros(1, 2, 2, dtype=torch.long)
    predicted = torch.tensor([[[0, 0], [0, 1]]])
    counts = counted(predicted, labels, label_set)
    assert segmentation_metrics(counts, label_set)["miou"] == pytest.approx((3 / 4 + 0) / 2)
    assert class_ious(counts, label_set) == {"class 0": 0.75, "class 1": 0.0}
    perfect = segmentation_metrics(counted(labels, labels, label_set), label_set)
    assert perfect == {"miou": 1.0, "pixel_accuracy": 1.0}


def test_what_cannot_be_measured_is_refused():
    label_set = numbered_label_set(KNOWN, has_unknown=True)
    unknown = torch.full((1, 2, 2), KNOWN)
    with pytest.raises(ValueError, match="no label map has a known pixel"):
        segmentation_metrics(counted(unknown, unknown, label_set), label_set)
    with pytest.raises(ValueError, match="segmenter predicts the id 9"):
        SegmentationScores(label_set).update(unknown + 5, unknown)
    with pytest.raises(ValueError, match="one id per pixel"):
        SegmentationScores(label_set).update(unknown[:, :1], unknown)
    assert not math.isnan(
        segmentation_metrics(counted(unknown * 0, unknown * 0, label_set), label_set)["miou"]
    )
