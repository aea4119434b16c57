"""Coarse to fine: each phase against the same training written plainly, and what becomes of it later."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from data.resample import enlarge, shrink
from engine.ema import ExponentialMovingAverage
from engine.schedules import CoarseToFine
from engine.step import TrainingStep
from inference.generator import LabelMapGenerator
from models.condition import Condition
from models.conditional_generator import ConditionalGenerator
from models.generators import LocalEnhancer
from tests.engine.plain_step import plain_step
from tests.engine.tiny_step import CPU, descents, tiny_batch, tiny_step

BATCH = 2
GLOBAL, ENHANCER = 2 * BATCH, 2 * BATCH
ENHANCED = (
    "generator=local_enhancer",
    "generator.downsamplings=2",
    "generator.blocks=1",
    "generator.enhancer_blocks=1",
    "generator.spectral=false",
    f"generator.global_images={GLOBAL}",
    f"generator.enhancer_images={ENHANCER}",
)


def phased() -> tuple[TrainingStep, ExponentialMovingAverage[ConditionalGenerator], CoarseToFine]:
    step = tiny_step(*ENHANCED)
    ema = ExponentialMovingAverage(step.G, half_life_images=1, ramp=1.0)
    return step, ema, CoarseToFine(step.G, ema.network)


def weights(network: nn.Module) -> dict[str, Tensor]:
    return {name: weight.detach().clone() for name, weight in network.named_parameters()}


def halved(photos: Tensor) -> Tensor:
    """Bicubic by Pillow, channel by channel, in floating point."""
    height, width = photos.shape[-2:]
    planes = [Image.fromarray(plane.numpy()) for plane in photos.reshape(-1, height, width)]
    small = [np.array(plane.resize((width // 2, height // 2), Image.Resampling.BICUBIC)) for plane in planes]
    return torch.from_numpy(np.stack(small)).clamp(-1, 1).reshape(-1, 3, height // 2, width // 2)


def test_photos_are_shrunk_as_pillow_shrinks() -> None:
    photos = tiny_batch().photo
    torch.testing.assert_close(shrink(photos, 2), halved(photos), atol=1e-5, rtol=0)
    assert shrink(photos, 1) is photos and enlarge(photos, 1) is photos
    assert enlarge(photos, 2).shape == (2, 3, 64, 128)


def test_first_the_global_generator_is_trained_on_small_images() -> None:
    """As if there were no enhancer, on maps and photos of half the size."""
    step, _, phases = phased()
    twins = copy.deepcopy((step.G.generator.coarse, step.D))
    coarse = ConditionalGenerator(twins[0], None, edges=True)
    optimizers = descents((coarse, twins[1]))
    before = weights(step.G)
    for seed in range(2):
        batch = tiny_batch(seed)
        phases.enter(seed * BATCH)
        losses = step(batch, seed)
        whole = step.G.condition(batch.labels, batch.instances)
        edges = Condition(batch.labels, edges_of(batch.instances)).edges[:, ::2, ::2]

        def condition(labels: Tensor = batch.labels[:, ::2, ::2], edges: Tensor = edges) -> Condition:
            return Condition(labels, edges)

        assert whole.size == (16, 32)
        expected = plain_step(coarse, twins[1], optimizers, condition, halved(batch.photo))
        assert {name: loss.item() for name, loss in losses.items()} == pytest.approx(expected, rel=1e-3)
    for name, weight in weights(step.G).items():
        if name.startswith("generator.coarse."):
            wanted = coarse.generator.get_parameter(name.removeprefix("generator.coarse."))
            torch.testing.assert_close(weight, wanted, atol=1e-4, rtol=1e-3)
            assert not name.endswith("weight") or not torch.equal(weight, before[name]), name
        else:
            assert torch.equal(weight, before[name]), f"{name} was to rest"


def edges_of(instances: Tensor) -> Tensor:
    """Pixels that differ from one of their four neighbours, pixel by pixel."""
    count, height, width = instances.shape
    edges = torch.zeros(count, height, width, dtype=torch.bool)
    for index, row, column in np.ndindex(count, height, width):
        for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            if 0 <= row + down < height and 0 <= column + right < width:
                other = instances[index, row + down, column + right]
                edges[index, row, column] |= bool(other != instances[index, row, column])
    return edges


@pytest.mark.parametrize(("images", "rests"), [(GLOBAL, "coarse."), (GLOBAL + ENHANCER, "coarse.to_rgb.")])
def test_then_the_enhancer_and_then_both_at_full_size(images: int, rests: str) -> None:
    """As the plain step with an optimizer that holds only what the phase trains."""
    step, _, phases = phased()
    phases.enter(images)
    twins = copy.deepcopy((step.G, step.D))
    for parameter in twins[0].parameters():
        parameter.requires_grad_(True)
    before = weights(step.G)
    moving = nn.ParameterList(
        twin for name, twin in twins[0].generator.named_parameters() if not name.startswith(rests)
    )
    optimizers = descents((moving, twins[1]))
    twins[0].generator.enter("joint")
    for seed in range(2):
        batch = tiny_batch(seed)
        losses = step(batch, seed)

        def condition(labels: Tensor = batch.labels, instances: Tensor = batch.instances) -> Condition:
            return Condition(labels, edges_of(instances))

        expected = plain_step(*twins, optimizers, condition, batch.photo)
        assert {name: loss.item() for name, loss in losses.items()} == pytest.approx(expected, rel=1e-3)
    for name, weight in weights(step.G).items():
        torch.testing.assert_close(weight, twins[0].get_parameter(name).detach(), atol=1e-4, rtol=1e-3)
        assert torch.equal(weight, before[name]) == name.startswith(f"generator.{rests}"), name


def test_what_rests_keeps_its_moments() -> None:
    """Adam would move weights of gradient zero on old momentum; those without a gradient it leaves alone."""
    step, _, phases = phased()
    step.generator_optimizer = torch.optim.Adam(step.G.parameters(), lr=0.01, fused=True)
    kept: dict[str, dict[str, Tensor]] = {}
    for index in range(6):
        phases.enter(index * BATCH)
        step(tiny_batch(index), index)
        for name, parameter in step.G.generator.named_parameters():
            state = step.generator_optimizer.state.get(parameter, {})
            counted = int(state["step"]) if state else 0
            expected = {"global": min(2, index + 1), "rest": max(0, index - 1), "joint": max(0, index - 3)}
            if name.startswith("coarse.to_rgb."):
                assert counted == expected["global"], name
            elif name.startswith("coarse."):
                assert counted == expected["global"] + expected["joint"], name
            else:
                assert counted == expected["rest"], name
            if index == 1:
                kept[name] = {key: value.clone() for key, value in state.items()}
            elif index == 3 and name.startswith("coarse."):
                assert all(torch.equal(value, state[key]) for key, value in kept[name].items()), name


def test_the_average_follows_in_the_same_phase() -> None:
    step, ema, phases = phased()
    for images, phase in ((0, "global"), (GLOBAL, "enhancer"), (GLOBAL + ENHANCER, "joint")):
        phases.enter(images)
        assert step.G.generator.phase == ema.network.generator.phase == phase
        assert not any(parameter.requires_grad for parameter in ema.network.parameters())
    assert [step.G.generator.images_of_newest(seen) for seen in (1, GLOBAL, GLOBAL + 1, 100)] == [
        1, GLOBAL, 1, 100 - GLOBAL
    ]  # fmt: skip


def test_generators_without_phases_are_left_alone() -> None:
    step = tiny_step()
    phases = CoarseToFine(step.G, ExponentialMovingAverage(step.G, 1, 1.0).network)
    before = [p.requires_grad for p in step.G.parameters()]
    phases.enter(0)
    assert step.G.scale == 1
    assert [p.requires_grad for p in step.G.parameters()] == before
    assert step.G.generator.images_of_newest(7) == 7


def test_a_generator_of_the_first_phase_makes_pictures_of_full_size() -> None:
    """The global generator's, enlarged: nothing else has been trained."""
    step, _, _ = phased()
    step.G.generator.enter(step.G.generator.phase_at(0))
    generate = LabelMapGenerator(step.G, classes=15, style_count=2, hardware=CPU)
    batch = tiny_batch(height=40, width=56)
    made = generate(batch.labels, batch.instances)
    assert made.shape == (2, 3, 40, 56)
    small = Condition(batch.labels[:, ::2, ::2], edges_of(batch.instances)[:, ::2, ::2])
    generator = step.G.generator
    assert isinstance(generator, LocalEnhancer)
    with torch.no_grad():
        expected = generator.coarse(small)
    assert expected.std() > 0.01
    torch.testing.assert_close(made[..., 1:-1:2, 1:-1:2], between(expected), atol=1e-5, rtol=0)


def between(image: Tensor) -> Tensor:
    """Twice the size by bilinear: an odd pixel lies a quarter of the way to the next."""
    rows = 0.75 * image[..., :-1, :] + 0.25 * image[..., 1:, :]
    return 0.75 * rows[..., :-1] + 0.25 * rows[..., 1:]
