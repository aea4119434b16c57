"""Discriminators on frozen features: what they compute, what they train, what they store."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from models.condition import Condition
from models.discriminators import FrozenFeaturesDiscriminator, ProjectedDiscriminator
from models.discriminators.frozen_features import conditioned
from models.pretrained.frozen_features import FrozenFeatures

SIZES = [(64, 64), (96, 128), (50, 70), (32, 33)]


@pytest.fixture(scope="module")
def features() -> FrozenFeatures:
    return FrozenFeatures("efficientnet_lite0")


def seen(*size: int) -> tuple[Tensor, Condition]:
    torch.manual_seed(1)
    return torch.rand(2, 3, *size) * 2 - 1, Condition(torch.zeros(2, *size).long())


@pytest.mark.parametrize("size", SIZES)
def test_logits_have_the_size_of_the_image(features: FrozenFeatures, size: tuple[int, int]) -> None:
    D = FrozenFeaturesDiscriminator(7, features, width=2)
    (output,) = D(*seen(*size))
    assert output.logits.shape == (2, 8, *size) and output.logits.std() > 0


def test_features_are_standardised_then_squashed() -> None:
    torch.manual_seed(0)
    maps = torch.randn(2, 3, 4, 5) * torch.tensor([1.0, 10, 100])[:, None, None] + 7
    for picture in range(2):
        for channel in range(3):
            values = maps[picture, channel]
            expected = 1 / (
                1 + torch.exp(-(values - values.mean()) / (values.var(correction=0) + 1e-5).sqrt())
            )
            torch.testing.assert_close(conditioned(maps)[picture, channel], expected)


def test_projected_logits_are_the_paper_s_equations(features: FrozenFeatures) -> None:
    """Up-sampling comes before the random convolution there (Sauer et al. 2021, figure 2)."""
    torch.manual_seed(0)
    D = ProjectedDiscriminator(features, width=4).eval()
    images, condition = seen(64, 96)
    maps = features(images)[1:]
    below, found = None, []
    for level in (3, 2, 1, 0):
        across, mixing = D.across_channels[level], D.across_scales[level]
        x = torch.einsum("oi,bihw->bohw", across.weight[:, :, 0, 0], maps[level]) + across.bias[:, None, None]
        x = x if below is None else x + below
        x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
        below = torch.einsum("oi,bihw->bohw", mixing.weight[:, :, 0, 0], x) + mixing.bias[:, None, None]
        found.append(D.heads[level](below).flatten())
    (output,) = D(images, condition)
    assert output.logits.shape == (2, 1, 1, sum(map(len, found)) // 2)
    ours, theirs = output.logits.flatten().sort().values, torch.cat(found).sort().values
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("size", SIZES)
def test_projected_heads_take_small_and_odd_images(features: FrozenFeatures, size: tuple[int, int]) -> None:
    (output,) = ProjectedDiscriminator(features, width=4)(*seen(*size))
    assert output.logits.std() > 0


def test_random_mixing_is_stored_and_not_trained(features: FrozenFeatures) -> None:
    D = ProjectedDiscriminator(features, width=4)
    trained = {name for name, _ in D.named_parameters()}
    mixing = {name for name in D.state_dict() if name.startswith("across_")}
    assert len(mixing) == 16 and not mixing & trained
    other = ProjectedDiscriminator(features, width=4)
    images, condition = seen(32, 32)
    other.load_state_dict(D.state_dict())
    assert torch.equal(D.eval()(images, condition)[0].logits, other.eval()(images, condition)[0].logits)


@pytest.mark.parametrize("make", [FrozenFeaturesDiscriminator, ProjectedDiscriminator])
def test_the_network_is_neither_trained_nor_stored(features: FrozenFeatures, make: type) -> None:
    D = make(features=features, width=2, **({"classes": 7} if make is FrozenFeaturesDiscriminator else {}))
    before = [tensor.clone() for tensor in features.network.state_dict().values()]
    optimizer = torch.optim.Adam(D.train().parameters())
    D(*seen(64, 64))[0].logits.sum().backward()
    optimizer.step()
    assert all(map(torch.equal, before, features.network.state_dict().values()))
    assert not any(name.startswith("features") for name in D.state_dict())
