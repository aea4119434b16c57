"""Which metrics are said to flatter a run, by the networks that it was trained with."""

from __future__ import annotations

import pytest
import torch

from evaluation.feature_extractors import FeatureNetwork
from evaluation.lpips import LPIPSNetwork
from evaluation.metrics import MetricSet
from evaluation.segmenters.segmenter import Segmenter
from evaluation.shared_networks import family, shared_network_warnings
from options.build.evaluation import pretrained_networks
from options.schema.training import TrainOptions
from tests.composed import composed
from tests.evaluation.made_up import TinyFeatures, label_set


class Named(TinyFeatures):
    """Features of a network by name only."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name  # type: ignore[misc]


class NamedLpips(LPIPSNetwork):
    """One by name only."""

    def __init__(self, trunk: str) -> None:
        torch.nn.Module.__init__(self)
        self.trunk = trunk


def metrics(
    features: str = "tiny", lpips: str | None = None, segmenters: tuple[Segmenter, ...] = ()
) -> MetricSet:
    network: FeatureNetwork = Named(features)
    return MetricSet(
        network, frozenset({"fd", "kid", "swd"}), None if lpips is None else NamedLpips(lpips), segmenters
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("efficientnet_lite0", "EfficientNet"),
        ("efficientnet_lite2", "EfficientNet"),
        ("tf_efficientnet_lite4.in1k", "EfficientNet"),
        ("vgg19", "VGG"),
        ("vgg", "VGG"),
        ("alex", "AlexNet"),
        ("vit_large_patch14_dinov2.lvd142m", "DINOv2"),
        ("resnet50.a1_in1k", None),
        ("none", None),
    ],
)
def test_families(name: str, expected: str | None) -> None:
    assert family(name) == expected


@pytest.mark.parametrize(
    ("loss", "trunk", "warned"),
    [("vgg19", "vgg", True), ("vgg19", "alex", False), ("resnet50", "vgg", False)],
)
def test_a_metric_that_shares_its_network_with_the_loss_is_named(loss: str, trunk: str, warned: bool) -> None:
    warnings = shared_network_warnings({"loss.perceptual": loss}, metrics(lpips=trunk))
    assert bool(warnings) == warned
    assert not warned or ("lpips_vgg may flatter" in warnings[0] and "loss.perceptual=vgg19" in warnings[0])


def run(*overrides: str) -> TrainOptions:
    return composed("train.images=2", *overrides)


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        ((), ["loss.perceptual=efficientnet_lite0"]),
        (("loss.perceptual=none",), []),
        (("loss.perceptual=none", "discriminator=projected"), ["discriminator.encoder=efficientnet_lite0"]),
        (("loss.perceptual=none", "discriminator=frozen_features", "discriminator.encoder=vgg19"), []),
        (("loss.perceptual=none", "loss.projected=1"), ["discriminator.encoder=efficientnet_lite0"]),
        (
            ("discriminator=frozen_features",),
            ["loss.perceptual=efficientnet_lite0", "discriminator.encoder=efficientnet_lite0"],
        ),
    ],
)
def test_the_networks_of_loss_and_discriminator_are_found(
    overrides: tuple[str, ...], named: list[str]
) -> None:
    warnings = shared_network_warnings(pretrained_networks(run(*overrides)), metrics("efficientnet_lite2"))
    assert len(warnings) == bool(named)
    for warning in warnings:
        assert warning.startswith("fd_efficientnet_lite2, kid_efficientnet_lite2 may flatter")
        assert "swd, features=" in warning and all(each in warning for each in named)
        assert warning.count("=efficientnet_lite0") == len(named)
    assert shared_network_warnings(pretrained_networks(run(*overrides)), metrics("inception")) == []


def test_a_segmenter_on_a_network_of_that_family_is_named_and_one_from_scratch_is_not() -> None:
    pretrained, scratch = Segmenter("streets", label_set(3)), Segmenter("streets_scratch", label_set(3))
    pretrained.backbone = "efficientnet_lite2"
    (warning,) = shared_network_warnings(
        pretrained_networks(run()), metrics(segmenters=(pretrained, scratch))
    )
    assert warning.startswith("miou_streets may flatter")


def test_metrics_of_one_family_share_a_warning() -> None:
    warnings = shared_network_warnings(
        {"loss.perceptual": "vgg19", "discriminator.encoder": "vgg19"}, metrics("vgg16", "vgg")
    )
    assert len(warnings) == 1
    assert "lpips_vgg may flatter" in warnings[0] and "fd_vgg16, kid_vgg16" in warnings[0]
