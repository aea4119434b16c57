"""The training step: against the trajectory of the original networks, and against itself with a shortcut."""

import pytest
import torch

from data.sample import Batch
from engine.distributed import Processes
from engine.hardware import select_hardware
from engine.step import Objective, TrainingStep, frozen
from models.losses.adversarial import ADVERSARIAL_LOSSES
from tests.models.official import networks
from tests.models.official.test_golden import case

COLUMNS = ("generator/adversarial", "generator/feature_matching", "discriminator/fake", "discriminator/real")


def step_of(name: str, reuse_fake: bool = False) -> tuple[TrainingStep, Batch, object]:
    golden_case = case(name)
    hardware = select_hardware("cpu", "float32", channels_last=False)
    synthesiser = networks.synthesiser(golden_case.release).train()
    discriminator = networks.discriminator(golden_case.release).train()
    rate = golden_case.release.options["lr"]
    objective = Objective(ADVERSARIAL_LOSSES["hinge"], None, 0.0, 10.0, 0.05, 0.0)
    step = TrainingStep(
        synthesiser,
        discriminator,
        torch.optim.Adam(synthesiser.parameters(), lr=rate / 2, betas=(0.0, 0.9)),
        torch.optim.Adam(discriminator.parameters(), lr=rate * 2, betas=(0.0, 0.9)),
        objective,
        hardware,
        Processes(rank=0, count=1),
        reuse_fake,
    )
    labels = golden_case.labels
    batch = Batch(
        golden_case.photo, labels, golden_case.instances, torch.zeros(len(labels), dtype=torch.long), ("", "")
    )
    return step, batch, golden_case


@pytest.mark.parametrize("name", ["spade_ade20k", "spade_cityscapes"])
def test_follows_the_original_trajectory(name: str) -> None:
    """The first two steps; later ones magnify rounding (Adam's first moves are signs of gradients)."""
    step, batch, golden_case = step_of(name)
    for index in range(2):
        losses = step(batch, seed=index)
        found = torch.stack([losses[column] for column in COLUMNS]).detach()
        expected = golden_case.expected["trajectory"][index].float()
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_reusing_the_fake_changes_the_discriminators_view_only() -> None:
    """In the first step the generator's losses are the same, the discriminator's are not."""
    exact, batch, _ = step_of("spade_ade20k")
    quick, _, _ = step_of("spade_ade20k", reuse_fake=True)
    first, second = exact(batch, 0), quick(batch, 0)
    for column in COLUMNS[:2]:
        torch.testing.assert_close(first[column], second[column])
    assert not torch.equal(first[COLUMNS[2]], second[COLUMNS[2]])


def test_a_frozen_player_gets_no_gradient() -> None:
    layer = torch.nn.Linear(2, 2)
    x = torch.ones(1, 2, requires_grad=True)
    with frozen(layer):
        layer(x).sum().backward()
    assert layer.weight.grad is None and x.grad is not None
    assert all(parameter.requires_grad for parameter in layer.parameters())
