"""A step with a number that is not finite changes nothing; others are not affected."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from engine.optimizer import Adam, BufferSnapshot, backward, can_skip
from engine.step import TrainingStep
from tests.engine.tiny_step import gradients_of, tiny_batch, tiny_step


def everything(step: TrainingStep) -> dict[str, Tensor]:
    """Weights, running statistics, spectral vectors, moments and counts of both networks."""
    found = {}
    for name, network in (("G", step.G), ("D", step.D)):
        found |= {f"{name} {key}": value.clone() for key, value in network.state_dict().items()}
    for name, optimizer in (("G", step.generator_optimizer), ("D", step.discriminator_optimizer)):
        for index, state in optimizer.state_dict()["state"].items():
            found |= {f"opt {name} {index} {key}": value.clone() for key, value in state.items()}
    return found


def step_with_adam() -> TrainingStep:
    """Of channels-last networks, whose weights and moments the kernel sees through views."""
    step = tiny_step("norm.statistics=batch", "discriminator.spectral=true")
    for network in (step.G, step.D):
        network.to(memory_format=torch.channels_last)
    step.generator_optimizer = Adam(step.G.parameters(), lr=0.01, fused=True)
    step.discriminator_optimizer = Adam(step.D.parameters(), lr=0.01, fused=True)
    return step


@pytest.mark.parametrize("poison", [torch.nan, torch.inf, -torch.inf])
def test_a_poisoned_photo_changes_nothing(poison: float) -> None:
    step = step_with_adam()
    step(tiny_batch(0), 0)
    assert not step.skipped
    before, batch = everything(step), tiny_batch(1)
    batch.photo[0, 1, 3, 4] = poison
    losses = step(batch, 1)
    assert step.skipped and not all(loss.isfinite() for loss in losses.values())
    for name, value in everything(step).items():
        assert torch.equal(value, before[name]), name


def test_the_next_step_goes_on_as_if_it_had_not_been() -> None:
    poisoned, spared = step_with_adam(), step_with_adam()
    bad = tiny_batch(1)
    bad.photo[:] = torch.nan
    poisoned(tiny_batch(0), 0)
    poisoned(bad, 1)
    poisoned(tiny_batch(2), 2)
    spared(tiny_batch(0), 0)
    spared(tiny_batch(2), 2)
    assert not poisoned.skipped
    for name, value in everything(poisoned).items():
        assert torch.equal(value, everything(spared)[name]), name


def test_an_infinite_loss_with_finite_gradients_is_noticed() -> None:
    """|w - inf| is infinite, and its slope is 1."""
    weight = torch.nn.Parameter(torch.zeros(2))
    backward((weight - torch.tensor([1.0, torch.inf])).abs().sum())
    assert weight.grad.isnan().all()
    weight.grad = None
    backward((weight - 1).square().sum())
    assert torch.equal(weight.grad, torch.full((2,), -2.0))


def test_buffers_are_restored_only_where_the_step_is_skipped() -> None:
    network = torch.nn.BatchNorm1d(3)
    for skipped in (True, False):
        before, buffers = copy.deepcopy(network.state_dict()), BufferSnapshot(network)
        network(torch.randn(4, 3) + 5)
        moved = network.running_mean.clone()
        buffers.restore_where(torch.tensor(skipped))
        assert torch.equal(network.running_mean, before["running_mean"] if skipped else moved)
        assert not torch.equal(moved, before["running_mean"])


class FrozenFeatures(torch.nn.Module):
    """A trained head on a frozen network, which it does not register as its module."""

    def __init__(self) -> None:
        super().__init__()
        self._frozen = [torch.nn.BatchNorm1d(1000)]
        self.head = torch.nn.BatchNorm1d(3)


def test_buffers_of_a_frozen_network_are_neither_copied_nor_restored() -> None:
    network = FrozenFeatures()
    buffers = BufferSnapshot(network)
    (frozen,) = network._frozen
    frozen.running_mean.fill_(7)
    network.head.running_mean.fill_(7)
    buffers.restore_where(torch.tensor(True))
    assert (frozen.running_mean == 7).all() and (network.head.running_mean == 0).all()
    kept = [value for value in vars(buffers).values() if isinstance(value, Tensor)]
    assert sum(tensor.numel() for tensor in kept) == 6, "mean and variance of the head alone"


def test_only_fused_optimizers_can_skip_a_step() -> None:
    parameters = [torch.nn.Parameter(torch.zeros(1))]
    assert can_skip(Adam(parameters, fused=True))
    assert not can_skip(torch.optim.Adam(parameters))


def test_the_fused_rule_is_adam() -> None:
    """Kingma & Ba 2015, algorithm 1, in channels-last layout and with an axis of one entry."""
    torch.manual_seed(0)
    for shape in ((4, 3, 3, 3), (4, 1, 3, 3), (4, 3, 1, 1), (1, 3, 1, 1), (5,)):
        start, gradients = torch.randn(shape), [torch.randn(shape) for _ in range(3)]
        weight = torch.nn.Parameter(start.clone())
        if len(shape) == 4:
            weight.data = weight.data.to(memory_format=torch.channels_last)
        optimizer = Adam([weight], lr=0.1, betas=(0.5, 0.9), fused=True)
        first, second, expected = torch.zeros(shape), torch.zeros(shape), start.clone()
        for t, gradient in enumerate(gradients, start=1):
            weight.grad = torch.empty_like(weight).copy_(gradient)
            optimizer.step()
            first = 0.5 * first + 0.5 * gradient
            second = 0.9 * second + 0.1 * gradient**2
            expected = expected - 0.1 * (first / (1 - 0.5**t)) / ((second / (1 - 0.9**t)).sqrt() + 1e-8)
        torch.testing.assert_close(weight.detach(), expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("passes", [2, 4])
def test_a_batch_in_parts_is_the_batch(passes: int) -> None:
    """Under statistics of a sample: those of a batch are taken of each part."""
    words = ("norm.statistics=instance", "generator.spectral=false")  # a pass of it would change the next
    whole, parts = (tiny_step(*words, reuse_fake=True) for _ in range(2))
    parts.passes = passes
    batch = tiny_batch(count=4, height=64, width=64)
    of_whole, of_parts = gradients_of(whole), gradients_of(parts)
    expected, found = whole(batch, 0), parts(replace(batch), 0)
    for name, loss in expected.items():
        torch.testing.assert_close(found[name], loss, atol=1e-5, rtol=1e-5)
    assert of_whole.keys() == of_parts.keys() and any(name.startswith("D ") for name in of_whole)
    for name, gradient in of_whole.items():
        torch.testing.assert_close(of_parts[name], gradient, atol=1e-5, rtol=1e-4, msg=name)
