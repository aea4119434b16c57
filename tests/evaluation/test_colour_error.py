"""The colour error against its definition, written with loops over pictures and classes."""

import math

import pytest
import torch

from evaluation.colour_error import ColourErrors
from tests.evaluation.made_up import label_maps, pictures

K = 4


def slowly(generated, photo, labels, k):
    squares, pixels = 0.0, 0
    for shown, real, ids in zip(generated.double(), photo.double(), labels):
        n = int((ids == k).sum())
        if n == 0:
            continue
        for channel in range(3):
            colour = (shown[channel][ids == k].mean() + 1) * 127.5
            wanted = (real[channel][ids == k].mean() + 1) * 127.5
            squares += n * float(colour - wanted) ** 2 / 3
        pixels += n
    return math.sqrt(squares / pixels)


def test_agrees_with_its_definition_whatever_the_batches():
    generated, photo, labels = pictures(7, seed=1), pictures(7, seed=2), label_maps(7, K)
    labels[2][labels[2] == 3] = 0  # one picture lacks a class
    expected = [slowly(generated, photo, labels, k) for k in range(K)]
    for size in (7, 3, 1):
        errors = ColourErrors(K)
        for batch in zip(generated.split(size), photo.split(size), labels.split(size)):
            errors.update(*batch)
        assert errors.compute().tolist() == pytest.approx(expected, rel=1e-6)


def test_a_shift_of_one_class_is_found_in_levels():
    photo, labels = pictures(3), label_maps(3, K)
    shifted = torch.where((labels == 1)[:, None], photo + 20 / 127.5, photo)
    errors = ColourErrors(K + 1)
    errors.update(shifted, photo, labels)
    found = errors.compute().tolist()
    assert found[:K] == pytest.approx([0, 20, 0, 0], abs=1e-4)
    assert math.isnan(found[K]), "no picture shows it"


def test_texture_without_a_shift_is_no_error():
    labels = torch.zeros(1, 8, 8, dtype=torch.long)
    photo = torch.zeros(1, 3, 8, 8)
    stripes = torch.where(torch.arange(8) % 2 == 0, 0.5, -0.5).expand(1, 3, 8, 8)
    errors = ColourErrors(1)
    errors.update(stripes, photo, labels)
    assert errors.compute().reshape(-1).tolist() == [0]
