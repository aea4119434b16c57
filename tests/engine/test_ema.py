"""The average of the weights, against its formula step by step and against what half-life means."""

import pytest
import torch
from torch import nn

from engine.ema import ExponentialMovingAverage
from models.layers.normed_conv import NormedConv

FOREVER = 1e12


def test_follows_the_formula() -> None:
    """average = h average + (1 - h) weight, with h = 0.5^(batch / min(half-life, ramp * images seen))."""
    torch.manual_seed(0)
    live = nn.Linear(3, 2)
    ema = ExponentialMovingAverage(live, half_life_images=20, ramp=0.5)
    expected = [value.detach().double() for value in live.parameters()]
    for step in range(1, 13):
        with torch.no_grad():
            for weight in live.parameters():
                weight.add_(torch.randn_like(weight))
        ema.update(live, images_seen=4 * step, batch_images=4)
        keep = 0.5 ** (4 / min(20, 0.5 * 4 * step))
        for index, weight in enumerate(live.parameters()):
            expected[index] = keep * expected[index] + (1 - keep) * weight.detach().double()
        for average, wanted in zip(ema.network.parameters(), expected, strict=True):
            torch.testing.assert_close(average.double(), wanted, atol=1e-6, rtol=0)


@pytest.mark.parametrize("batch", [1, 5, 50])
def test_after_the_half_life_old_weights_count_half(batch: int) -> None:
    live = nn.Linear(2, 2)
    ema = ExponentialMovingAverage(live, half_life_images=50, ramp=FOREVER)
    old = live.weight.detach().clone()
    with torch.no_grad():
        live.weight.fill_(3.0)
    for seen in range(batch, 51, batch):
        ema.update(live, seen, batch)
    torch.testing.assert_close(ema.network.weight, (old + 3.0) / 2)


def test_the_random_start_is_forgotten_at_once() -> None:
    """Without a ramp it would be remembered for a whole half-life."""
    live = nn.Linear(2, 2)
    ema = ExponentialMovingAverage(live, half_life_images=FOREVER, ramp=0.0)
    with torch.no_grad():
        live.weight.fill_(3.0)
    ema.update(live, images_seen=4, batch_images=4)
    assert torch.equal(ema.network.weight, live.weight)


def test_no_half_life_is_no_average() -> None:
    torch.manual_seed(0)
    live = nn.BatchNorm2d(3)
    ema = ExponentialMovingAverage(live, half_life_images=0, ramp=0.05)
    for step in range(1, 4):
        live(torch.randn(2, 3, 4, 4))
        with torch.no_grad():
            live.weight.normal_()
        ema.update(live, images_seen=step, batch_images=1)
        for name, value in live.state_dict().items():
            assert torch.equal(ema.network.state_dict()[name], value), name


def test_statistics_are_averaged_and_singular_vectors_copied() -> None:
    torch.manual_seed(0)
    live = NormedConv(nn.Conv2d(3, 4, 3), norm="batch", spectral=True)
    ema = ExponentialMovingAverage(live, half_life_images=1, ramp=FOREVER)
    before = {name: buffer.clone() for name, buffer in ema.network.named_buffers()}
    live(torch.randn(2, 3, 8, 8))
    ema.update(live, images_seen=1, batch_images=1)
    now, averaged = dict(live.named_buffers()), dict(ema.network.named_buffers())
    assert {"norm.running_mean", "norm.running_var", "norm.num_batches_tracked"} < set(now)
    for name, buffer in averaged.items():
        assert not torch.equal(now[name], before[name]), f"{name} did not move, so this test shows nothing"
        if name.endswith(("running_mean", "running_var")):
            torch.testing.assert_close(buffer, (before[name] + now[name]) / 2)
        else:
            assert torch.equal(buffer, now[name]), name


def test_the_average_neither_trains_nor_touches_the_live_network() -> None:
    live = NormedConv(nn.Conv2d(3, 4, 3), norm="batch", spectral=False)
    ema = ExponentialMovingAverage(live, half_life_images=10, ramp=1.0)
    before = {name: value.clone() for name, value in live.state_dict().items()}
    ema.update(live, 2, 2)
    assert all(torch.equal(value, before[name]) for name, value in live.state_dict().items())
    assert live.training and not ema.network.training
    assert not any(parameter.requires_grad for parameter in ema.network.parameters())


def test_round_trip() -> None:
    torch.manual_seed(0)
    saved, restored = (ExponentialMovingAverage(nn.Linear(3, 2), 10, 1.0) for _ in range(2))
    assert not torch.equal(saved.network.weight, restored.network.weight)
    restored.load_state_dict(saved.state_dict())
    assert torch.equal(saved.network.weight, restored.network.weight)
