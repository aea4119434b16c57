"""The rates of both players over a run, against the schedule written as two straight lines."""

import numpy as np
import pytest
import torch

from engine.learning_rate import LearningRates

FULL = {"learning_rate/generator": 1e-4, "learning_rate/discriminator": 4e-4}


def rates_of(lr_decay_start: float) -> tuple[LearningRates, list[torch.optim.Adam]]:
    players = [torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=9.0) for _ in FULL]
    return LearningRates(*players, *FULL.values(), lr_decay_start), players


@pytest.mark.parametrize("lr_decay_start", [0.0, 0.5, 0.8])
def test_constant_then_a_line_to_zero(lr_decay_start: float) -> None:
    rates, players = rates_of(lr_decay_start)
    for share in np.linspace(0, 1, 21):
        answered = rates.set(float(share))
        expected = np.interp(share, [0, lr_decay_start, 1], [1, 1, 0])
        for (name, full), player in zip(FULL.items(), players, strict=True):
            assert answered[name] == pytest.approx(full * expected, abs=1e-12)
            assert player.param_groups[0]["lr"] == answered[name]


def test_a_run_without_decay() -> None:
    rates, _ = rates_of(lr_decay_start=1.0)
    assert [rates.set(share) for share in (0.0, 0.7, 1.0)] == [FULL] * 3
