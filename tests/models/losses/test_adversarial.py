"""The four games, against their published formulas written one number at a time."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from models.discriminators.base import DiscriminatorOutput
from models.losses import ADVERSARIAL_LOSSES

TERMS = ("generator", "fake", "real")


def sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


FORMULAS: dict[str, tuple[Callable[[float], float], ...]] = {
    # (generator, discriminator on fakes, discriminator on reals) of one logit
    "hinge": (lambda d: -d, lambda d: -min(0, -1 - d), lambda d: -min(0, -1 + d)),
    "least_squares": (lambda d: (d - 1) ** 2, lambda d: d**2, lambda d: (d - 1) ** 2),
    "non_saturating": (
        lambda d: -math.log(sigmoid(d)),
        lambda d: -math.log(1 - sigmoid(d)),
        lambda d: -math.log(sigmoid(d)),
    ),
    "wasserstein": (lambda d: -d, lambda d: d, lambda d: -d),
}


def outputs(seed: int = 0) -> list[DiscriminatorOutput]:
    """Two scales of other sizes, so that a mean over all patches is not the mean of means."""
    torch.manual_seed(seed)
    return [DiscriminatorOutput(2 * torch.randn(3, 1, side, side + 1), []) for side in (6, 3)]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def test_every_loss_has_a_formula_here() -> None:
    assert set(FORMULAS) == set(ADVERSARIAL_LOSSES)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("term", TERMS)
def test_mean_over_patches_then_over_scales(name: str, term: str) -> None:
    formula = FORMULAS[name][TERMS.index(term)]
    scales = outputs()
    expected = mean([mean([formula(d) for d in scale.logits.flatten().tolist()]) for scale in scales])
    found = getattr(ADVERSARIAL_LOSSES[name], term)(scales)
    assert found.shape == () and found.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", FORMULAS)
def test_each_player_pulls_its_way(name: str) -> None:
    """Down the gradient a generator raises the logits of fakes; a discriminator parts them."""
    for term, way in zip(TERMS, (1, -1, 1), strict=True):
        logits = torch.full((1, 1, 2, 2), 0.5, requires_grad=True)
        getattr(ADVERSARIAL_LOSSES[name], term)([DiscriminatorOutput(logits, [])]).backward()
        assert torch.equal((-logits.grad).sign(), torch.full_like(logits, way)), term


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("term", TERMS)
def test_far_off_logits_stay_finite(name: str, term: str) -> None:
    for value in (-1e4, 1e4):
        logits = torch.full((1, 1, 2, 2), value, requires_grad=True)
        loss: Tensor = getattr(ADVERSARIAL_LOSSES[name], term)([DiscriminatorOutput(logits, [])])
        loss.backward()
        assert loss.isfinite() and logits.grad.isfinite().all()


@pytest.mark.parametrize("name", FORMULAS)
def test_half_precision_logits_are_summed_in_float32(name: str) -> None:
    scales = [DiscriminatorOutput(output.logits.bfloat16(), []) for output in outputs()]
    exact = [DiscriminatorOutput(output.logits.float(), []) for output in scales]
    loss = ADVERSARIAL_LOSSES[name]
    assert loss.fake(scales).dtype == torch.float32 and torch.equal(loss.fake(scales), loss.fake(exact))
