"""The objective of discriminators that segment: from its definition in loops, and the official numbers."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from models.condition import IGNORED, Condition
from models.discriminators.base import Discriminator, DiscriminatorOutput
from models.losses.labelmix import labelmix_mask, labelmix_penalty
from models.losses.segmentation import SegmentationObjective
from tests.models.discriminators.test_oasis import CHANNELS, CLASSES, UNKNOWN, oasis

K = 5
"""Classes, of which the last is unknown and class 2 never occurs."""


class Pixelwise(Discriminator):
    """Logits of a pixel from its colour alone."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, K + 1, 1)

    def forward(self, images: Tensor, condition: Condition) -> list[DiscriminatorOutput]:
        return [DiscriminatorOutput(self.layer(images), [])]


def setting(ignored: bool = False) -> tuple[Pixelwise, Tensor, Tensor, Condition]:
    torch.manual_seed(0)
    labels = torch.tensor([0, 1, 3, 4])[torch.randint(4, (2, 6, 8))]
    labels[1][labels[1] == 3] = 0  # one picture lacks a class that the other has
    if ignored:
        labels[0, :2] = IGNORED
    condition = Condition(labels, rng=torch.Generator().manual_seed(1), has_ignored=ignored)
    return Pixelwise(), torch.randn(2, 3, 6, 8), torch.randn(2, 3, 6, 8), condition


def surprise(logits: list[float], channel: int, focal: float) -> float:
    """-(1 - p)^focal log p of a channel."""
    p = math.exp(logits[channel]) / sum(map(math.exp, logits))
    return -((1 - p) ** focal) * math.log(p)


def slow_labelled(logits: Tensor, labels: Tensor, balance: bool, focal: float) -> float:
    by_class: dict[int, list[float]] = {}
    pixels = logits.permute(0, 2, 3, 1).flatten(0, 2).tolist()
    for of_pixel, label in zip(pixels, labels.flatten().tolist()):
        if label != IGNORED and not (balance and label == K - 1):
            by_class.setdefault(label, []).append(surprise(of_pixel, label + 1, focal))
    if balance:
        means = [sum(values) / len(values) for values in by_class.values()]
        return sum(means) / len(means)
    everything = [value for values in by_class.values() for value in values]
    return sum(everything) / len(everything)


def slow_fake(logits: Tensor, labels: Tensor, focal: float) -> float:
    pixels = logits.permute(0, 2, 3, 1).flatten(0, 2).tolist()
    losses = [surprise(of, 0, focal) for of, id in zip(pixels, labels.flatten().tolist()) if id != IGNORED]
    return sum(losses) / len(losses)


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("focal", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("balance", [True, False])
def test_terms_are_their_definitions(balance: bool, focal: float, ignored: bool) -> None:
    D, fake, real, condition = setting(ignored)
    objective = SegmentationObjective(K, K - 1, balance, labelmix=0, focal=focal)
    of_fake, of_real = D.layer(fake), D.layer(real)
    expected = slow_labelled(of_fake, condition.labels, balance, focal)
    (term,) = objective.generator(D, fake, real, condition, 0).values()
    assert term.item() == pytest.approx(expected, rel=1e-5)
    terms = objective.discriminator(D, fake, real, condition, 0)
    assert set(terms) == {"fake", "real"}
    assert terms["real"].item() == pytest.approx(
        slow_labelled(of_real, condition.labels, balance, focal), rel=1e-5
    )
    assert terms["fake"].item() == pytest.approx(slow_fake(of_fake, condition.labels, focal), rel=1e-5)


def test_only_unknown_pixels_are_no_error() -> None:
    D, fake, real, _ = setting()
    condition = Condition(torch.full((2, 6, 8), K - 1), rng=torch.Generator())
    objective = SegmentationObjective(K, K - 1)
    assert objective.generator(D, fake, real, condition, 0)["segmentation"] == 0


def test_gradients_are_finite_where_a_pixel_is_certain() -> None:
    logits = torch.tensor([0.0, 200, 0, 0, 0, 0]).view(1, -1, 1, 1).requires_grad_()
    SegmentationObjective(K, focal=0.5)._cross_entropy(logits, torch.ones(1, 1, 1).long()).sum().backward()
    assert logits.grad is not None and logits.grad.isfinite().all()


def test_labelmix_in_loops() -> None:
    D, fake, real, condition = setting(ignored=True)
    objective = SegmentationObjective(K, K - 1, labelmix=3.0)
    coins = torch.rand(K, generator=torch.Generator().manual_seed(1)) < 0.5
    of_fake, of_real = D.layer(fake), D.layer(real)
    mixed = fake.clone()
    expected_logits = of_fake.clone()
    for picture in range(2):
        for row in range(6):
            for column in range(8):
                if coins[max(0, int(condition.labels[picture, row, column]))]:
                    mixed[picture, :, row, column] = real[picture, :, row, column]
                    expected_logits[picture, :, row, column] = of_real[picture, :, row, column]
    expected = 3 * (D.layer(mixed) - expected_logits).square().mean()
    term = objective.discriminator(D, fake, real, condition, 0)["labelmix"]
    torch.testing.assert_close(term, expected)


def test_every_class_has_a_fair_coin_of_its_own() -> None:
    rng, labels = torch.Generator().manual_seed(0), torch.arange(4).view(1, 2, 2)
    tosses = torch.stack([labelmix_mask(labels, 4, rng).flatten() for _ in range(4000)]).double()
    assert (tosses.mean(0) - 0.5).abs().max() < 0.03  # 4 standard deviations
    assert (torch.corrcoef(tosses.T) - torch.eye(4)).abs().max() < 0.07


def test_labelmix_teaches_all_three() -> None:
    logits = [torch.randn(1, 3, 4, 4, requires_grad=True) for _ in range(3)]
    mixed, real, fake = logits
    mask = torch.rand(1, 1, 4, 4) < 0.5
    labelmix_penalty(mixed, real, fake, mask).backward()
    assert mixed.grad is not None and real.grad is not None and fake.grad is not None
    seen = mask.expand_as(real)
    assert real.grad[seen].all() and not real.grad[~seen].any()
    assert fake.grad[~seen].all() and not fake.grad[seen].any()


def test_numbers_are_the_official_ones() -> None:
    D, condition, photo, expected = oasis()
    fake, mask = expected["generated_G"], expected["labelmix_mask"].bool()
    for balance, suffix in ((True, ""), (False, "_unbalanced")):
        objective = SegmentationObjective(CLASSES, UNKNOWN, balance, labelmix=0)
        with torch.no_grad():
            terms = objective.discriminator(D, fake, photo, condition, 0)
            terms |= objective.generator(D, fake, photo, condition, 0)
        found = {"D_fake": terms["fake"], f"D_real{suffix}": terms["real"]}
        found[f"G{suffix}"] = terms["segmentation"]
        for name, term in found.items():
            assert term.item() == pytest.approx(expected[f"loss_{name}"].item(), rel=1e-4)
    weights = SegmentationObjective(CLASSES, UNKNOWN).class_weights(condition.labels)
    torch.testing.assert_close(weights[1:], expected["class_weights"][torch.tensor(CHANNELS[1:]) - 1].float())
    with torch.no_grad():
        logits = [D(images, condition)[0].logits for images in (torch.where(mask, photo, fake), photo, fake)]
    assert labelmix_penalty(*logits, mask).item() == pytest.approx(expected["labelmix_mse"].item(), rel=1e-4)
