"""Releases that are made up here, imported: their runs answer what a slow reference network answers."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

import options.run_config
from models import load_generator
from models.official import read_release
from scripts import import_official
from scripts.import_official import import_release
from tests.models.official.test_golden import case
from tests.models.official.test_variants import borders, maps_of_ids
from tests.references import official_spade as reference
from tests.references import official_weights as made_up
from tests.references.official_weights import Generator
from tests.shared import golden


@pytest.fixture(autouse=True)
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(options.run_config, "CHECKPOINTS", tmp_path / "checkpoints")
    return tmp_path / "checkpoints"


def test_the_golden_pix2pixhd() -> None:
    run = import_release(read_release(golden("pix2pixhd_cityscapes")), "x")
    found = case("pix2pixhd_cityscapes")
    made = load_generator(str(run))(found.labels, found.instances)
    torch.testing.assert_close(made, found.expected["generated"].float(), rtol=0, atol=1e-4)


SPADE = {
    "most, 5x5, not spectral": Generator(width=2, most=True, kernel=5, hidden=8, spectral=False),
    "instance statistics": Generator(running=False, hidden=24),
}


@pytest.mark.parametrize("what", SPADE.values(), ids=SPADE)
@torch.no_grad()
def test_a_spade(what: Generator, tmp_path: Path) -> None:
    weights = made_up.spade_generator(what)
    weights.save(tmp_path, "G")
    release = read_release(tmp_path, unknown=False, instances=False)
    labels = maps_of_ids(what.channels, (128, 128))
    expected = reference.generator(
        weights.tensors, reference.semantics(labels, what.channels), release.generator.upsampling
    )
    made = load_generator(str(import_release(release, "x")))(labels)
    torch.testing.assert_close(made, expected, rtol=0, atol=2e-4)


@pytest.mark.parametrize(
    "what",
    [
        Generator(channels=12, styles=8, hidden=8, linears=19, kernel=5),
        Generator(width=2, styles=4, most=True, hidden=8),
    ],
    ids=["kernels of 5 and 3", "most"],
)
@torch.no_grad()
def test_a_sean(what: Generator, tmp_path: Path) -> None:
    weights = made_up.spade_generator(what)
    weights.save(tmp_path, "G")
    labels = maps_of_ids(what.channels, (128, 128))
    photo = torch.rand(2, 3, 128, 128, generator=torch.Generator().manual_seed(3)) * 2 - 1
    for name in [name for name in weights.tensors if name.endswith(".noise_var")]:
        weights.tensors[name].zero_()  # what is drawn is nobody's to foretell
    weights.save(tmp_path, "G")
    release = read_release(tmp_path, unknown=False, instances=False)
    maps = reference.semantics(labels, what.channels)
    codes = reference.region_codes(weights.tensors, photo, maps)
    expected = reference.generator(weights.tensors, maps, release.generator.upsampling, None, codes)
    made = load_generator(str(import_release(release, "x")))(labels, photo=photo)
    torch.testing.assert_close(made, expected, rtol=0, atol=2e-4)


@pytest.mark.parametrize(("norm", "spectral"), [("batch", True), ("none", False)])
@torch.no_grad()
def test_a_vae_with_its_encoder(norm: str, spectral: bool, tmp_path: Path) -> None:
    what = Generator(latent=(2, 4), styles=6, hidden=8)
    weights = made_up.spade_generator(what)
    weights.save(tmp_path, "G")
    encoder = made_up.image_encoder(2, 6, norm, spectral)
    encoder.save(tmp_path, "E")
    generate = load_generator(str(import_release(read_release(tmp_path, aspect_ratio=2), "x")))
    photo = torch.rand(2, 3, 64, 128, generator=torch.Generator().manual_seed(3)) * 2 - 1
    style = generate.G.encoder(photo)
    mean, _ = reference.image_encoder(encoder.tensors, photo)
    torch.testing.assert_close(style.mean, mean, rtol=0, atol=2e-4)
    labels = maps_of_ids(5, (64, 128))
    condition = generate.G.condition(labels, styles=mean)
    expected = reference.generator(weights.tensors, reference.semantics(labels, 5), "normal", (2, 4), mean)
    torch.testing.assert_close(generate.G.generator(condition), expected, rtol=0, atol=2e-4)


@pytest.mark.parametrize(
    ("halvings", "blocks", "kernel", "first_kernel", "norm", "spectral"),
    [(2, 1, 5, 3, "none", True), (3, 0, 3, 7, "batch", False)],
)
@torch.no_grad()
def test_a_pix2pixhd(
    halvings: int, blocks: int, kernel: int, first_kernel: int, norm: str, spectral: bool, tmp_path: Path
) -> None:
    weights = made_up.pix2pixhd_generator(6, 4, halvings, blocks, kernel, first_kernel, norm, spectral)
    weights.save(tmp_path, "G")
    labels, (instances, edges) = maps_of_ids(5, (64, 64)), borders((64, 64))
    expected = reference.pix2pixhd(weights.tensors, reference.semantics(labels, 5, edges), halvings, blocks)
    run = import_release(read_release(tmp_path, instances=True), "x")
    made = load_generator(str(run))(labels, instances)
    torch.testing.assert_close(made, expected, rtol=0, atol=2e-4)


def test_the_command_line(
    tmp_path: Path, checkpoints: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is assumed is said, and each assumption can be answered."""
    made_up.spade_generator(Generator(hidden=8)).save(tmp_path, "G")
    monkeypatch.setattr(sys, "argv", ["import_official.py", str(tmp_path), "guessed"])
    import_official.main()
    said = capsys.readouterr().out
    assert said.count("assumed: ") == 2 and "unknown= and instances=" in said and "upsampling=" in said
    words = ["--upsampling", "more", "--instances", "--no-unknown"]
    monkeypatch.setattr(sys, "argv", ["import_official.py", str(tmp_path), "told", *words])
    import_official.main()
    assert "assumed" not in capsys.readouterr().out
    assert "num_classes: 4" in (checkpoints / "told" / "config.yaml").read_text()
