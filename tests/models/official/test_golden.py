"""Every golden folder: our networks return what the original networks returned."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from models.condition import Condition
from models.conditional_generator import ConditionalGenerator
from models.losses import ADVERSARIAL_LOSSES
from models.losses.patch import discriminate
from models.official import OfficialRelease, read_release
from tests.models.official import networks
from tests.shared import golden

LABEL_MAPS_ONLY = ("spade_ade20k", "spade_cityscapes", "pix2pixhd_cityscapes")
WITH_DISCRIMINATOR = (*LABEL_MAPS_ONLY, "spade_vae_facades")
ALL = (*WITH_DISCRIMINATOR, "sean_celebamask_hq")
LOSS_NAMES = {"hinge": "hinge", "ls": "least_squares", "original": "non_saturating", "w": "wasserstein"}
TOLERANCE = 1e-4


class Case(NamedTuple):
    release: OfficialRelease
    G: ConditionalGenerator
    labels: Tensor
    instances: Tensor | None
    photo: Tensor
    expected: dict[str, Tensor]

    def condition(self, styles: Tensor | None = None) -> Condition:
        return self.G.condition(self.labels, self.instances, styles)


def pictures(folder: Path) -> Tensor:
    return torch.stack(
        [torch.from_numpy(np.array(Image.open(path))) for path in sorted(folder.glob("*.png"))]
    )


@cache
def case(name: str) -> Case:
    folder = golden(name)
    release = read_release(folder)
    labels = pictures(folder / "inputs/label").long()
    if release.setup.unknown:
        labels[labels == 255] = release.setup.classes - 1
    instances = None
    if release.setup.edges:
        instances = pictures(folder / "inputs/instance").long()
    photo = pictures(folder / "inputs/photo").permute(0, 3, 1, 2) / 127.5 - 1
    with np.load(folder / "expected.npz") as arrays:
        expected = {key: torch.from_numpy(arrays[key]) for key in arrays.files}
    return Case(release, networks.G(release), labels, instances, photo, expected)


def agree(ours: Tensor, original: Tensor) -> None:
    torch.testing.assert_close(ours, original.float(), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("name", ALL)
def test_options_leave_nothing_to_guess(name: str) -> None:
    found = case(name).release.setup
    assert found.warnings == []
    assert found.crop_size == tuple(case(name).labels.shape[1:])


@pytest.mark.parametrize("name", WITH_DISCRIMINATOR)
def test_input_channels(name: str) -> None:
    golden_case = case(name)
    maps = golden_case.condition().one_hot(golden_case.release.setup.classes, like=golden_case.photo)
    agree(maps.sum((2, 3)), golden_case.expected["semantics_sum"])


@pytest.mark.parametrize("name", LABEL_MAPS_ONLY)
@torch.no_grad()
def test_images_from_label_maps(name: str) -> None:
    golden_case = case(name)
    agree(golden_case.G.generator(golden_case.condition()), golden_case.expected["generated"])


@torch.no_grad()
def test_vae() -> None:
    golden_case = case("spade_vae_facades")
    expected = golden_case.expected
    agree(golden_case.G.generator(golden_case.condition(expected["z"])), expected["generated"])
    posterior = golden_case.G.encoder(golden_case.photo)
    agree(posterior.mean, expected["encoder_mu"])
    agree(posterior.log_var, expected["encoder_logvar"])


@torch.no_grad()
def test_sean() -> None:
    golden_case = case("sean_celebamask_hq")
    expected, G = golden_case.expected, golden_case.G
    styles = G.encoder.encode(golden_case.photo, golden_case.labels, None).codes
    agree(styles, expected["style_codes"])
    agree(G.generator(golden_case.condition(styles)), expected["generated"])


@torch.no_grad()
def test_sean_with_the_other_photo() -> None:
    """The layouts stay, the photos change places: codes of the other photo under this layout."""
    golden_case = case("sean_celebamask_hq")
    G = golden_case.G
    styles = G.encoder.encode(golden_case.photo.flip(0), golden_case.labels, None).codes
    made = G.generator(golden_case.condition(styles))
    agree(made, golden_case.expected["generated_other_photo"])


def outputs_of(discriminator: nn.Module, golden_case: Case) -> tuple[list, list]:
    """Of the fake and of the real images."""
    expected, condition = golden_case.expected, golden_case.condition()
    return discriminate(discriminator, expected["generated"], golden_case.photo, condition)


@torch.no_grad()
def check_discriminator(discriminator: nn.Module, golden_case: Case) -> None:
    """Logits and features of a discriminator in eval mode are the original's."""
    compared = 0
    for kind, outputs in zip(("fake", "real"), outputs_of(discriminator, golden_case), strict=True):
        for scale, output in enumerate(outputs):
            for layer, maps in enumerate([*output.features, output.logits]):
                agree(maps, golden_case.expected[f"D_{kind}_{scale}_{layer}"])
                compared += 1
    assert compared == sum(key.startswith("D_") for key in golden_case.expected) > 0


@pytest.mark.parametrize("name", WITH_DISCRIMINATOR)
def test_discriminator(name: str) -> None:
    check_discriminator(networks.discriminator(case(name).release), case(name))


@pytest.mark.parametrize("name", WITH_DISCRIMINATOR)
@pytest.mark.parametrize("loss", LOSS_NAMES)
@torch.no_grad()
def test_adversarial_losses(name: str, loss: str) -> None:
    golden_case = case(name)
    fakes, reals = outputs_of(networks.discriminator(golden_case.release), golden_case)
    ours = ADVERSARIAL_LOSSES[LOSS_NAMES[loss]]
    terms = torch.stack([ours.generator(fakes), ours.fake(fakes), ours.real(reals)])
    agree(terms, golden_case.expected[f"loss_{loss}"])
