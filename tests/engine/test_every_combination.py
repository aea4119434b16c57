"""Every discriminator trains with every generator and norm, in odd circumstances too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import timm
import torch

from data.batch import Batch
from data.dataset_info import DatasetInfo
from data.sources.classes import numbered_label_set
from engine.step import TrainingStep
from models.condition import Condition
from models.discriminators import ProjectedDiscriminator
from models.losses.perceptual import PerceptualLoss
from models.pretrained.efficientnet_lite import EfficientNetLite
from options.build.training import build_step
from options.validation import check
from tests.engine.tiny_step import ALONE, CPU, tiny_batch
from tests.tiny import tiny_options

CLASSES = 15
DISCRIMINATORS = {
    "multiscale": (),
    "oasis": ("loss.labelmix=10",),
    "frozen_features": (),
    "projected": ("loss.blur_images=10", "loss.blur=1"),
    "multiscale with projected": ("loss.projected=0.3",),
    "oasis with projected": ("loss.projected=0.3",),
    "frozen_features with projected": ("loss.projected=0.3", "loss.perceptual=efficientnet_lite0"),
}
NORMS = ("batch", "layer", "instance", "cin", "adain", "spade", "sean", "clade")
GENERATORS = {
    "pix2pixhd": ("generator.downsamplings=2", "generator.blocks=1"),
    "local_enhancer": ("generator.downsamplings=2", "generator.blocks=1"),
    "unet": ("generator.depth=4",),
}


def a_step(discriminator: str, *words: str, unknown: bool = True) -> TrainingStep:
    said = (f"discriminator={discriminator.split()[0]}", *DISCRIMINATORS[discriminator], *words)
    options = tiny_options(*said, "dataset.height=32", "dataset.width=64", "train.images=4")
    check(options)
    info = DatasetInfo(numbered_label_set(CLASSES, has_unknown=unknown), True, ("default",))
    torch.manual_seed(0)
    step, _ = build_step(options, Path("absent"), info, CPU, ALONE)
    return step


def trains(step: TrainingStep, batch: Batch) -> None:
    """Two steps change both networks, and every loss is a number."""
    for number in range(2):
        before = [[weight.clone() for weight in net.parameters()] for net in (step.G, step.D)]
        losses = step(batch, seed=number, step=number)
        assert not step.skipped and all(loss.isfinite() for loss in losses.values()), losses
        for network, weights in zip((step.G, step.D), before):
            assert not all(map(torch.equal, weights, network.parameters()))


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("discriminator", DISCRIMINATORS)
def test_with_every_norm(discriminator: str, norm: str) -> None:
    trains(a_step(discriminator, f"norm={norm}"), tiny_batch())


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize("discriminator", DISCRIMINATORS)
def test_with_every_generator(discriminator: str, generator: str) -> None:
    trains(a_step(discriminator, f"generator={generator}", *GENERATORS[generator]), tiny_batch())


@pytest.mark.parametrize("discriminator", DISCRIMINATORS)
def test_in_odd_circumstances(discriminator: str) -> None:
    unknown = replace(tiny_batch(), labels=torch.full((2, 32, 64), CLASSES))
    half = torch.where(torch.arange(64) < 32, CLASSES, tiny_batch().labels)
    rare = replace(tiny_batch(), labels=tiny_batch().labels.clamp(max=3))
    one = tiny_batch(count=1)
    step = a_step(discriminator)
    for batch in (replace(tiny_batch(), labels=half), rare, one):
        trains(step, batch)
    losses = step(unknown, seed=0)
    assert not step.skipped and all(loss.isfinite() for loss in losses.values())
    trains(a_step(discriminator, unknown=False), tiny_batch())
    augmented = a_step(discriminator)
    augmented.augmentations = ("color", "translation", "cutout")
    trains(augmented, tiny_batch())
    parts = a_step(discriminator)
    parts.passes = 2
    trains(parts, tiny_batch())


def test_the_perceptual_loss_keeps_its_network_beside_other_weights_of_it(tmp_path: Path) -> None:
    file = tmp_path / "weights.pth"
    torch.save(timm.create_model("efficientnet_lite0", pretrained=False).state_dict(), file)
    words = f"discriminator.encoder_weights={file}", "loss.perceptual=efficientnet_lite0"
    perceptual = a_step("frozen_features", *words).generator_terms.perceptual
    assert isinstance(perceptual, PerceptualLoss)
    assert isinstance(perceptual.features.network, EfficientNetLite)


@pytest.mark.parametrize("discriminator", ["projected", "multiscale with projected"])
def test_projected_heads_start_with_small_logits(discriminator: str) -> None:
    """Where the spectral vectors are not those of the weights, they are in the hundreds."""
    D = a_step(discriminator).D.eval()
    (projected,) = [part for part in D.modules() if isinstance(part, ProjectedDiscriminator)]
    (output,) = projected(torch.rand(2, 3, 32, 64) * 2 - 1, Condition(torch.zeros(2, 32, 64).long()))
    assert 0 < output.logits.abs().max() < 10


@pytest.mark.parametrize("phase_images", [0, 100])
def test_depth_suits_the_half_size_images_of_a_first_phase(phase_images: int) -> None:
    words = (
        "generator=local_enhancer",
        f"generator.global_images={phase_images}",
        *GENERATORS["local_enhancer"],
    )
    step = a_step("oasis", *words)
    assert step.D.multiple == (16 if phase_images else 32)
    step.G.generator.enter(step.G.generator.phase_at(0))
    trains(step, tiny_batch())


def test_one_network_serves_the_perceptual_loss_and_the_discriminator() -> None:
    step = a_step("frozen_features with projected")
    perceptual = step.generator_terms.perceptual
    assert perceptual is not None and perceptual.features is step.D.main.features is step.D.projected.features
    runs: list[int] = []
    perceptual.features.network.register_forward_hook(lambda *_: runs.append(1))
    step(tiny_batch(), seed=0)
    # The fake and the photo for both networks' updates, the fake made anew, and LabelMix's mixture.
    assert len(runs) == 4
