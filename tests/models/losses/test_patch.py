"""Feature matching, against Wang et al. 2018, eq. 4, written as loops."""

from __future__ import annotations

import pytest
import torch

from models.discriminators.base import DiscriminatorOutput
from models.losses.patch import feature_matching


def outputs(seed: int) -> list[DiscriminatorOutput]:
    torch.manual_seed(seed)
    return [
        DiscriminatorOutput(torch.randn(2, 1, 4, 4), [torch.randn(2, 4 * d, side // d, side) for d in (1, 2)])
        for side in (8, 4)
    ]


def test_sum_over_layers_mean_over_scales() -> None:
    fakes, reals = outputs(0), outputs(1)
    expected = 0.0
    for fake, real in zip(fakes, reals):
        for fake_map, real_map in zip(fake.features, real.features):
            difference = (fake_map - real_map).abs().flatten().tolist()
            expected += sum(difference) / len(difference) / len(fakes)
    assert feature_matching(fakes, reals).item() == pytest.approx(expected, rel=1e-5)


def test_equal_features_are_no_distance_apart_whatever_the_logits() -> None:
    fakes = outputs(0)
    reals = [DiscriminatorOutput(output.logits + 1, output.features) for output in fakes]
    assert feature_matching(fakes, reals) == 0


def test_real_features_are_targets() -> None:
    fakes, reals = outputs(0), outputs(1)
    maps = [feature.requires_grad_() for output in (*fakes, *reals) for feature in output.features]
    feature_matching(fakes, reals).backward()
    assert [feature.grad is None for feature in maps] == [False] * 4 + [True] * 4
