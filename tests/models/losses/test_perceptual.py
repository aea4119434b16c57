"""The perceptual loss, against a loop over the depths of its network; VGG-19 with weights drawn at random."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import vgg19

from models.losses.perceptual import PerceptualLoss
from models.pretrained.features import VGG19_WEIGHTS, load_features
from models.pretrained.frozen_features import FrozenFeatures

PUBLISHED = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
RELU_1 = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


@pytest.fixture(scope="module")
def random_vgg() -> nn.Module:
    torch.manual_seed(0)
    return vgg19(weights=None).requires_grad_(False).eval()


def pictures(seed: int) -> Tensor:
    return torch.rand(2, 3, 48, 64, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def named_maps(vgg: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Every map by its name in the paper: block and place in it, counted as one goes along."""
    maps, block, place = {}, 1, 0
    for layer in vgg.features:
        x = layer(x).clone()  # the next layer may overwrite it
        if isinstance(layer, nn.Conv2d):
            place += 1
        elif isinstance(layer, nn.ReLU):
            maps[f"relu{block}_{place}"] = x
        else:
            block, place = block + 1, 0
    return maps


def test_vgg19_is_the_published_sum(
    random_vgg: nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    VGG19_WEIGHTS.cached.parent.mkdir(parents=True)
    torch.save(random_vgg.state_dict(), VGG19_WEIGHTS.cached)
    fake, real = pictures(1), pictures(2)
    expected = 0.0
    for name, weight in zip(RELU_1, PUBLISHED, strict=True):
        difference = named_maps(random_vgg, fake)[name] - named_maps(random_vgg, real)[name]
        expected += weight * difference.abs().double().mean().item()
    assert PerceptualLoss(FrozenFeatures("vgg19"))(fake, real).item() == pytest.approx(expected, rel=1e-4)


@pytest.fixture(scope="module")
def lite0() -> PerceptualLoss:
    return PerceptualLoss(FrozenFeatures("efficientnet_lite0"))


def test_lite0_is_the_weighted_sum_of_its_depths(lite0: PerceptualLoss) -> None:
    fake, real = pictures(1), pictures(2)
    expected, network = 0.0, lite0.features
    for weight, fake_map, real_map in zip(lite0.weights, network(fake), network(real), strict=True):
        expected += weight * (fake_map - real_map).abs().double().mean().item()
    assert lite0(fake, real).item() == pytest.approx(expected, rel=1e-4)


def test_equal_images_are_at_no_distance(lite0: PerceptualLoss) -> None:
    assert lite0(pictures(1), pictures(1)) == 0
    nearby = pictures(1) + 0.01 * pictures(2)
    assert 0 < lite0(nearby, pictures(1)) < lite0(pictures(2), pictures(1))


def test_the_fake_learns_and_nothing_else(lite0: PerceptualLoss) -> None:
    fake, real = pictures(1).requires_grad_(), pictures(2).requires_grad_()
    lite0.train()  # a training loop may say so: the network's own averages must not move
    before = {name: value.clone() for name, value in lite0.state_dict().items()}
    lite0(fake, real).backward()
    assert fake.grad is not None and fake.grad.abs().sum() > 0 and real.grad is None
    assert all(parameter.grad is None for parameter in lite0.parameters())
    assert all(torch.equal(value, before[name]) for name, value in lite0.state_dict().items())


def test_weights_that_cannot_be_downloaded_name_file_and_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    with pytest.raises(ValueError, match=r"vgg19-dcbb9e9d\.pth") as refusal:
        load_features("vgg19")
    for said in (str(tmp_path), "https://", "loss.perceptual=efficientnet_lite0"):
        assert said in str(refusal.value)
