"""Conditional instance norm's styles: the ones it knows, the ones it does not, and new ones."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from models.condition import Condition
from models.norms import add_style, check_style_ids
from models.norms.cin import ConditionalInstanceNorm
from models.norms.statistics import InstanceStatistics
from tests.models.norms.family import STYLE_COUNT, build, condition, maps

CHANNELS = 5


class Network(nn.Module):
    """Two norms with convolutions about them."""

    def __init__(self, style_count: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, CHANNELS, 3, padding=1)
        self.norms = nn.ModuleList(
            ConditionalInstanceNorm(CHANNELS, InstanceStatistics(CHANNELS), style_count) for _ in range(2)
        )
        self.last = nn.Conv2d(CHANNELS, 3, 3, padding=1)

    def forward(self, x: Tensor, seen: Condition) -> Tensor:
        x = self.first(x)
        for norm in self.norms:
            x = torch.relu(norm(x, seen))
        return self.last(x)


def styled(*style_ids: int) -> Condition:
    return Condition(torch.zeros(len(style_ids), 8, 8, dtype=torch.int64), style_ids=torch.tensor(style_ids))


@pytest.fixture
def trained() -> Network:
    torch.manual_seed(0)
    network = Network(style_count=2).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(std=0.5)
    return network


@pytest.mark.parametrize("unseen", [3, -1])
def test_an_unseen_style_is_named_with_the_range(unseen: int) -> None:
    seen = replace(condition("cin"), style_ids=torch.tensor([0, unseen, 2]))
    with pytest.raises(ValueError, match=rf"style id {unseen} is unseen.* 0 to {STYLE_COUNT - 1};"):
        build("cin")(maps(), seen)


def test_ids_are_checked_on_the_host_by_the_same_rule() -> None:
    check_style_ids(torch.tensor([0, 1, 2]), 3)
    with pytest.raises(ValueError, match=r"style id 3, 7 is unseen.* 0 to 2;"):
        check_style_ids(torch.tensor([0, 7, 3, 7]), 3)


def test_no_styles_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="style_count=0"):
        ConditionalInstanceNorm(CHANNELS, InstanceStatistics(CHANNELS), 0)


def test_a_new_style_is_trained_alone_and_the_others_stay_as_they_are(trained: Network) -> None:
    x, target = torch.randn(2, 3, 8, 8), torch.randn(2, 3, 8, 8)
    before, weights = trained(x, styled(0, 1)), copy.deepcopy(trained.state_dict())
    assert add_style(trained) == 2
    trainable = [p for p in trained.parameters() if p.requires_grad]
    assert [tuple(p.shape) for p in trainable] == [(2, CHANNELS)] * 2

    optimizer = torch.optim.Adam(trainable, lr=0.05, weight_decay=0.1)
    losses = []
    for _ in range(20):
        loss = (trained(x, styled(2, 2)) - target).square().mean()
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < 0.9 * losses[0]
    assert torch.equal(trained(x, styled(0, 1)), before)
    for key, value in weights.items():
        assert torch.equal(trained.state_dict()[key], value), key


def test_a_new_style_starts_where_it_is_told(trained: Network) -> None:
    x = torch.randn(1, 3, 8, 8)
    add_style(trained, like=1)
    assert torch.equal(trained(x, styled(2)), trained(x, styled(1)))
    add_style(trained)
    rows = trained.norms[0].rows
    assert torch.allclose(rows[3], (rows[0] + rows[1] + rows[2]) / 3)


def test_a_network_built_with_one_style_more_loads_the_result(trained: Network) -> None:
    add_style(trained)
    larger = Network(style_count=3).eval()
    larger.load_state_dict(trained.state_dict())
    x = torch.randn(3, 3, 8, 8)
    assert torch.equal(larger(x, styled(0, 1, 2)), trained(x, styled(0, 1, 2)))


def test_a_style_cannot_start_from_an_unseen_one_and_the_network_stays_as_it_is(trained: Network) -> None:
    with pytest.raises(ValueError, match="style id 2 is unseen"):
        add_style(trained, like=2)
    assert len(trained.norms[0].rows) == 2 and all(p.requires_grad for p in trained.parameters())


def test_a_network_without_styles_is_refused() -> None:
    with pytest.raises(ValueError, match="norm=cin"):
        add_style(nn.Conv2d(3, 3, 3))
