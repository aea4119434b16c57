"""What norms look at: sizes, channels, borders."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from models.condition import Condition, instance_edges, nearest
from tests.references import norms as reference

SIZES = [(12, 10), (6, 5), (3, 20), (24, 40), (7, 3), (5, 13), (82, 94)]


def example() -> Condition:
    return Condition(
        torch.randint(5, (2, 12, 10)),
        torch.rand(2, 12, 10) < 0.5,
        styles=torch.randn(2, 3),
        style_ids=torch.tensor([1, 0]),
        rng=torch.Generator(),
    )


@pytest.mark.parametrize("size", SIZES)
def test_maps_are_resized_by_nearest(size: tuple[int, int]) -> None:
    labels = torch.randint(2**20, (2, 12, 10))
    resized = nearest(labels, size)
    assert resized.dtype == torch.int64
    assert torch.equal(resized, torch.from_numpy(reference.nearest(labels.numpy(), size)))
    assert torch.equal(resized, F.interpolate(labels[:, None].double(), size=size)[:, 0].long())


def test_nearest_takes_every_so_manieth_pixel_where_sizes_divide() -> None:
    labels = torch.randint(5, (2, 12, 10))
    assert torch.equal(nearest(labels, (4, 5)), labels[:, ::3, ::2])
    assert torch.equal(nearest(labels, (24, 30)), labels.repeat_interleave(2, 1).repeat_interleave(3, 2))


def test_at_another_size_only_the_maps_change() -> None:
    seen = example()
    small = seen.at((6, 5))
    assert small.size == (6, 5) and seen.size == (12, 10)
    assert torch.equal(small.labels, seen.labels[:, ::2, ::2])
    assert torch.equal(small.edges, seen.edges[:, ::2, ::2]) and small.edges.dtype == torch.bool
    assert small.styles is seen.styles and small.style_ids is seen.style_ids and small.rng is seen.rng
    assert Condition(seen.labels).at((6, 5)).edges is None


def test_each_size_is_made_once() -> None:
    seen = example()
    assert seen.at((6, 5)) is seen.at((6, 5))
    assert seen.at((12, 10)) is seen


def test_a_changed_condition_does_not_answer_with_what_the_old_one_made() -> None:
    seen = example()
    seen.at((6, 5))
    changed = replace(seen, styles=seen.styles + 1)
    assert changed.at((6, 5)).styles is changed.styles


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_one_hot_has_the_edges_last(dtype: torch.dtype) -> None:
    seen = example()
    expected = F.one_hot(seen.labels, 5).permute(0, 3, 1, 2)
    with_edges = seen.one_hot(5, like=torch.empty(0, dtype=dtype))
    assert with_edges.dtype == dtype and with_edges.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(with_edges, torch.cat([expected, seen.edges[:, None]], 1).to(dtype))
    without = Condition(seen.labels).one_hot(5, like=torch.empty(0, dtype=dtype))
    assert torch.equal(without, expected.to(dtype))


def test_noise_lies_behind_classes_and_edges() -> None:
    seen = example()
    vectors, regions, maps = torch.randn(2, 3), torch.randn(2, 5, 3), torch.randn(2, 3, 12, 10)
    for noise, of_pixel in (
        (vectors, lambda b, y, x: vectors[b]),
        (regions, lambda b, y, x: regions[b, seen.labels[b, y, x]]),
        (maps, lambda b, y, x: maps[b, :, y, x]),
    ):
        for size, step in (((12, 10), 1), ((6, 5), 2)):
            found = seen.with_noise(noise).at(size).one_hot(5, vectors, 3)
            assert torch.equal(found[:, :6], seen.at(size).one_hot(5, vectors))
            for b, i, j in reference.pixels(found):
                assert torch.equal(found[b, 6:, i, j], of_pixel(b, step * i, step * j))


def test_an_instance_ends_where_a_4_neighbour_differs() -> None:
    instances = torch.randint(3, (2, 7, 6))
    expected = np.zeros((2, 7, 6), bool)
    for b, i, j in reference.pixels(instances):
        for y, x in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)):
            if 0 <= y < 7 and 0 <= x < 6:
                expected[b, i, j] |= bool(instances[b, y, x] != instances[b, i, j])
    assert torch.equal(instance_edges(instances), torch.from_numpy(expected))
    assert not instance_edges(torch.ones(1, 4, 4, dtype=torch.int64)).any()
