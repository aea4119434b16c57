"""The noise of a test's label maps: by seed, place and sample; of classes; between two."""

from __future__ import annotations

import math

import pytest
import torch

from engine.runtime.determinism import noise_vector_seed
from inference.noise_sampling import NoiseSampling, mixed
from tests.inference.test_generator import generator_of, ids

GENERATOR = generator_of("norm=spade", "generator.noise=8")


def drawn(seed: int, place: int, sample: int = 0) -> torch.Tensor:
    rng = torch.Generator().manual_seed(noise_vector_seed(seed, sample, place))
    return torch.randn(8, generator=rng)


def test_its_own_noise_is_what_the_generator_draws() -> None:
    (z,) = NoiseSampling(GENERATOR, 3)(2, 5)
    assert torch.equal(z, torch.stack([drawn(3, 5), drawn(3, 6)]))
    labels = ids(2, 32, 32)
    assert torch.equal(GENERATOR(labels, z=z), GENERATOR(labels, seed=3, first=5))


def test_without_noise_there_is_none() -> None:
    assert NoiseSampling(generator_of("norm=spade"), 3)(2, 5) == [None]


def test_samples_differ_and_the_first_is_its_own() -> None:
    found = NoiseSampling(GENERATOR, 3, samples=3)(2, 0)
    for sample, z in enumerate(found):
        assert torch.equal(z, torch.stack([drawn(3, 0, sample), drawn(3, 1, sample)]))
    assert len(torch.cat(found).unique(dim=0)) == 6


def test_noise_of_classes_lies_in_the_rest() -> None:
    (z,) = NoiseSampling(GENERATOR, 3, whole=4, regions={2: 7, 14: 9})(1, 6)
    assert z.shape == (1, 15, 8)
    for label in range(15):
        assert torch.allclose(z[0, label], drawn({2: 7, 14: 9}.get(label, 4), 6))


@pytest.mark.parametrize("regions", [{}, {2: 7}])
def test_the_way_from_one_noise_to_another(regions: dict[int, int]) -> None:
    found = NoiseSampling(GENERATOR, 3, whole=None if regions else 4, regions=regions, steps=3)(1, 0)
    assert len(found) == 3
    start, end = drawn(3, 0), drawn(7 if regions else 4, 0)
    for z, expected in zip(found, (start, (start + end) / math.sqrt(2), end)):
        assert torch.allclose(z[0, 2] if regions else z[0], expected, atol=1e-6)
        if regions:
            assert torch.equal(z[0, [0, 1, *range(3, 15)]], start.expand(14, -1))


def test_noise_between_two_draws_is_distributed_as_they_are() -> None:
    start, end = torch.randn(2, 100_000, generator=torch.Generator().manual_seed(0))
    for weight in (0.0, 0.3, 0.5, 1.0):
        assert abs(float(mixed(start, end, weight).std()) - 1) < 0.02
