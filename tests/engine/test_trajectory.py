"""The training step against the trajectory of the original networks."""

import copy
from dataclasses import replace
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

from data.batch import Batch
from engine.runtime.distributed import Processes
from engine.runtime.hardware import select_hardware
from engine.step import TrainingStep
from models.discriminators.base import DiscriminatorOutput
from models.losses import PatchObjective
from models.losses.generator_terms import GeneratorTerms
from tests.engine.tiny_step import gradients_of
from tests.models.official import networks
from tests.models.official.test_golden import Case, case

COLUMNS = ("generator/adversarial", "generator/feature_matching", "discriminator/fake", "discriminator/real")


def step_of(name: str, reuse_fake: bool = False) -> tuple[TrainingStep, Batch, Case]:
    golden_case = case(name)
    hardware = select_hardware("cpu", "float32", channels_last=False)
    G = networks.G(golden_case.release).train()
    discriminator = networks.discriminator(golden_case.release).train()
    rate = golden_case.release.setup.options["lr"]
    step = TrainingStep(
        G,
        discriminator,
        torch.optim.Adam(G.parameters(), lr=rate / 2, betas=(0.0, 0.9), fused=True),
        torch.optim.Adam(discriminator.parameters(), lr=rate * 2, betas=(0.0, 0.9), fused=True),
        PatchObjective(),
        GeneratorTerms(),
        hardware,
        Processes(rank=0, count=1),
        reuse_fake,
    )
    labels = golden_case.labels
    batch = Batch(
        golden_case.photo, labels, golden_case.instances, torch.zeros(len(labels), dtype=torch.long), ("", "")
    )
    return step, batch, golden_case


class Followed(NamedTuple):
    """Losses of each step that the original took, (steps, 4), and the image after them, (B, 3, H, W).

    `exact`: in float64; `single`: of a float32 step from where the exact ones stand; `errors`: of each of its
    discriminator's gradients, in units of the largest entry of the exact one, (steps, weights); `crossed`:
    how many numbers in the discriminator float32 sees on the other side of a kink, (steps,).
    """

    exact: Tensor
    single: Tensor
    errors: Tensor
    crossed: Tensor
    image: Tensor


def follow(name: str) -> Followed:
    step, batch, golden_case = step_of(name)
    narrow, narrow_batch, _ = step_of(name)
    step.G.double()
    step.D.double()
    parts = ("G", "D", "generator_optimizer", "discriminator_optimizer")
    batch = replace(batch, photo=golden_case.photo.double())
    of_step, of_narrow = gradients_of(step), gradients_of(narrow)
    sides_exact, sides_single = sides_of(step.D), sides_of(narrow.D)
    exact, single, errors, crossed = [], [], [], []
    for index in range(len(golden_case.expected["trajectory"])):
        for part in parts:
            getattr(narrow, part).load_state_dict(copy.deepcopy(getattr(step, part).state_dict()))
        exact.append(losses_of(step, batch, index))
        single.append(losses_of(narrow, narrow_batch, index))
        errors.append(errors_of(of_narrow, of_step))
        crossed.append(sum(int((a != b).sum()) for a, b in zip(sides_exact, sides_single, strict=True)))
        sides_exact.clear()
        sides_single.clear()
    with torch.no_grad():
        G = step.G.eval()
        condition = G.condition(batch.labels, batch.instances, rng=torch.Generator())
        image = G.generator(condition)
    return Followed(
        torch.stack(exact), torch.stack(single), torch.stack(errors), torch.tensor(crossed), image
    )


def sides_of(discriminator: nn.Module) -> list[Tensor]:
    """A list that every pass adds to: on which side of each kink (leaky ReLU, hinge) numbers lie."""
    sides: list[Tensor] = []

    def keep(_: nn.Module, __: object, outputs: list[DiscriminatorOutput]) -> None:
        for logits, features in outputs:
            sides.extend(feature > 0 for feature in features)
            sides.extend([logits > 1, logits > -1])

    discriminator.register_forward_hook(keep)
    return sides


def errors_of(found: dict[str, Tensor | None], exact: dict[str, Tensor | None]) -> Tensor:
    """The largest of each of the discriminator's gradients, in units of the exact one's largest entry.

    Or of 1e-3: a bias's gradient is 0 where as many fakes as photos count; all others reach 5e-3.
    """
    pairs = [(found[name], gradient) for name, gradient in exact.items() if name.startswith("D ")]
    scales = [wide.abs().max().clamp(min=1e-3) for _, wide in pairs]
    return torch.stack([(narrow - wide).abs().max() / s for (narrow, wide), s in zip(pairs, scales)])


def losses_of(step: TrainingStep, batch: Batch, seed: int) -> Tensor:
    losses = step(batch, seed=seed)
    return torch.stack([losses[column] for column in COLUMNS]).detach().double()


@pytest.mark.parametrize(("name", "determined"), [("spade_ade20k", 5), ("spade_cityscapes", 3)])
def test_follows_the_original_trajectory(name: str, determined: int) -> None:
    """Every step that float32 determines, the image afterwards, and float32 steps from the same places.

    The original's rounding, which was float32's, is magnified: Adam's moves are the signs of gradients, also
    of those that are zero but for rounding, and a number at a leaky ReLU's kink has one slope or the other
    (one in spade_ade20k is 6e-7 in the first step). So its trajectory is followed in float64, as far as it
    departs from that by less than the tolerance itself, and float32 takes its steps from there, one by one.
    """
    expected = case(name).expected
    found = follow(name)
    original = expected["trajectory"].double()
    departures = ((found.exact - original) / original).abs().amax(1)  # (steps,)
    assert (departures[:determined] < 1e-3).all(), departures
    assert ((found.single - found.exact) / found.exact).abs().max() < 1e-3
    # In which step float32 sees a number on the other side of a kink is the processor's choice.
    worst, smooth = found.errors.amax(1), found.crossed == 0
    assert smooth.sum() >= 3 and (worst[smooth] < 1e-4).all(), (worst, found.crossed)
    # Across a kink they are of another step, by so much: 3.1e-2 where one number of few has crossed it.
    assert found.crossed.max() <= 3 and worst.max() < 0.1, (worst, found.crossed)
    if determined == len(original):
        # In this image the original's rounding has reached 1.0e-4.
        assert (found.image - expected["generated_after"]).abs().mean() < 2e-4


def test_reusing_the_fake_changes_the_discriminators_view_only() -> None:
    """In the first step the generator's losses are the same, the discriminator's are not."""
    exact, batch, _ = step_of("spade_ade20k")
    quick, _, _ = step_of("spade_ade20k", reuse_fake=True)
    first, second = exact(batch, 0), quick(batch, 0)
    for column in COLUMNS[:2]:
        torch.testing.assert_close(first[column], second[column])
    assert not torch.equal(first[COLUMNS[2]], second[COLUMNS[2]])
