"""OASIS's training steps against the official networks': five of them, from the same weights and noise."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from data.batch import Batch
from engine.step import TrainingStep
from models.generators import spade
from models.losses import SegmentationObjective, segmentation
from models.losses.generator_terms import GeneratorTerms
from models.official import oasis as official
from models.official import read_release
from models.official.key_mapping import KeyMap
from tests.engine.tiny_step import ALONE, CPU, gradients_of
from tests.models.discriminators.test_oasis import CLASSES, UNKNOWN, oasis
from tests.models.official import networks
from tests.shared import golden

COLUMNS = ("generator/segmentation", "discriminator/fake", "discriminator/real", "discriminator/labelmix")
NAMES = {"G": KeyMap("", official.NAMES), "D": official.DISCRIMINATOR}


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainingStep:
    """With the published optimizers, and the noise and masks of the official run, in float64."""
    folder = golden("oasis_ade20k")
    for file in ("options.json", "models/best_G.pth"):
        shutil.copy(folder / file, tmp_path)
    oasis.cache_clear()  # this one is trained
    _, _, _, expected = oasis()
    noise: Iterator[Tensor] = iter(expected["trajectory_z"].flatten(0, 1).double())
    masks: Iterator[Tensor] = iter(expected["trajectory_mask"].bool())
    monkeypatch.setattr(spade, "drawn_noise", lambda *_: next(noise))
    monkeypatch.setattr(segmentation, "labelmix_mask", lambda *_: next(masks))
    G = networks.G(read_release(tmp_path)).double().train()
    D = oasis().D.double().train()
    options = json.loads((folder / "options.json").read_text())
    betas = options["beta1"], options["beta2"]
    return TrainingStep(
        G,
        D,
        torch.optim.Adam(G.parameters(), lr=options["lr_g"], betas=betas, fused=True),
        torch.optim.Adam(D.parameters(), lr=options["lr_d"], betas=betas, fused=True),
        SegmentationObjective(CLASSES, UNKNOWN, labelmix=options["lambda_labelmix"]),
        GeneratorTerms(),
        CPU,
        ALONE,
    )


def test_losses_gradients_and_images_are_the_official_ones(step: TrainingStep) -> None:
    _, condition, photo, expected = oasis()
    labels = condition.labels
    batch = Batch(photo.double(), labels, None, torch.zeros(2, dtype=torch.long), ("", ""))
    gradients = gradients_of(step)
    for index, exact in enumerate(expected["trajectory64"]):
        losses = step(batch, seed=0, step=index)
        found = torch.stack([losses[name] for name in COLUMNS]).double()
        torch.testing.assert_close(found, exact, rtol=1e-8, atol=0)
        if index == 0:
            first = {name: gradient.clone() for name, gradient in gradients.items() if gradient is not None}
    assert len(first) == sum(len(list(network.parameters())) for network in (step.G, step.D))
    norms = json.loads((golden("oasis_ade20k") / "grad_norms.json").read_text())
    for name, gradient in first.items():
        network, ours = name.split(" ", 1)
        parts = NAMES[network].parts(ours, tuple(gradient.shape))
        theirs = torch.tensor([norms[f"{network}_train64"][part] for part in parts]).norm()
        assert gradient.norm().item() == pytest.approx(theirs.item(), rel=1e-4, abs=1e-9), name
    with torch.no_grad():
        image = step.G.eval().generator(step.G.condition(labels, noise=expected["z"].double()))
    torch.testing.assert_close(image, expected["generated_after64"].double(), rtol=0, atol=1e-4)
    oasis.cache_clear()
