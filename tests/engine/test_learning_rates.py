"""The rates of both networks over a run, against the schedule written as two straight lines."""

import numpy as np
import pytest
import torch

from engine.schedules import LearningRates

FULL = {"learning_rate/generator": 1e-4, "learning_rate/discriminator": 4e-4}


def rates_of(lr_decay_start: float) -> tuple[LearningRates, list[torch.optim.Adam]]:
    optimizers = [torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=rate) for rate in FULL.values()]
    return LearningRates(*optimizers, lr_decay_start), optimizers


@pytest.mark.parametrize("lr_decay_start", [0.0, 0.5, 0.8])
def test_constant_then_a_line_to_zero(lr_decay_start: float) -> None:
    rates, optimizers = rates_of(lr_decay_start)
    for fraction in np.linspace(0, 1, 21):
        found = rates.set(float(fraction))
        expected = np.interp(fraction, [0, lr_decay_start, 1], [1, 1, 0])
        for (name, full), optimizer in zip(FULL.items(), optimizers, strict=True):
            assert found[name] == pytest.approx(full * expected, abs=1e-12)
            assert optimizer.param_groups[0]["lr"] == found[name]


def test_a_run_without_decay() -> None:
    rates, _ = rates_of(lr_decay_start=1.0)
    assert [rates.set(fraction) for fraction in (0.0, 0.7, 1.0)] == [FULL] * 3
