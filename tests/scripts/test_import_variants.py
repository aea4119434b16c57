"""Releases that are made up here, imported: their runs compute what a slow reference network computes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from data.dataset_info import DatasetInfo
from engine.checkpoint import checkpoint_paths
from engine.checkpoint.serialization import read_weights
from models import load_generator
from models.official import read_release
from options.build.networks import build_discriminator
from options.run_config import read_options
from scripts import import_official
from scripts.import_official import import_release
from tests.models.official.test_golden import case
from tests.models.official.test_variants import borders, maps_of_ids
from tests.references import official_spade as reference
from tests.references import official_weights as made_up
from tests.references.official_weights import Generator
from tests.shared import golden
from tests.verbs import PROJECT


@pytest.fixture(autouse=True)
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(checkpoint_paths, "CHECKPOINTS", tmp_path / "checkpoints")
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
    release = read_release(tmp_path, {"no_instance": True, "contain_dontcare_label": False})
    labels = maps_of_ids(what.channels, (128, 128))
    upsampling = release.networks["generator"]["upsampling"]
    expected = reference.generator(weights.tensors, reference.semantics(labels, what.channels), upsampling)
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
        weights.tensors[name].zero_()  # random noise has no reference
    weights.save(tmp_path, "G")
    release = read_release(tmp_path, {"no_instance": True, "contain_dontcare_label": False})
    maps = reference.semantics(labels, what.channels)
    codes = reference.region_codes(weights.tensors, photo, maps)
    upsampling = release.networks["generator"]["upsampling"]
    expected = reference.generator(weights.tensors, maps, upsampling, None, codes)
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
    generate = load_generator(str(import_release(read_release(tmp_path, {"aspect_ratio": 2}), "x")))
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
    run = import_release(read_release(tmp_path, {"no_instance": False}), "x")
    made = load_generator(str(run))(labels, instances)
    torch.testing.assert_close(made, expected, rtol=0, atol=2e-4)


@pytest.mark.parametrize(
    ("layers", "scales", "norm", "spectral"),
    [(3, 3, "batch", False), (5, 1, "instance", True), (1, 2, "none", False)],
)
@torch.no_grad()
def test_a_discriminator(layers: int, scales: int, norm: str, spectral: bool, tmp_path: Path) -> None:
    made_up.spade_generator(Generator(hidden=8, channels=6)).save(tmp_path, "G")
    weights = made_up.discriminator(6, 4, layers, scales, norm, spectral)
    weights.save(tmp_path, "D")
    run = import_release(read_release(tmp_path, {"no_instance": False}), "x")
    D = build_discriminator(read_options(run), DatasetInfo.read(run))
    D.load_state_dict(read_weights(run / "discriminator-000000000.safetensors"))
    labels, (instances, edges) = maps_of_ids(5, (64, 64)), borders((64, 64))
    images = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(3)) * 2 - 1
    condition = load_generator(str(run)).G.condition(labels, instances)
    maps = reference.semantics(labels, 5, edges)
    expected = reference.discriminator(weights.tensors, maps, images, layers, scales)
    outputs = [[*features, logits] for logits, features in D.eval()(images, condition)]
    torch.testing.assert_close(outputs, expected, rtol=0, atol=2e-4)


def test_nothing_is_written_of_a_release_that_is_refused(tmp_path: Path, checkpoints: Path) -> None:
    made_up.spade_generator(Generator(hidden=8)).save(tmp_path, "G")
    weights = made_up.discriminator(5)
    del weights.tensors["discriminator_1.model4.0.bias"]
    weights.save(tmp_path, "D")
    with pytest.raises(ValueError, match=r"discriminator_1\.model4\.0\.bias.* is missing"):
        import_release(read_release(tmp_path), "x")
    assert not (checkpoints / "x").exists()


def test_help_does_not_wait_for_torch() -> None:
    program = (
        "import runpy, sys\n"
        "sys.argv = ['import_official.py', '--help']\n"
        "try:\n    runpy.run_path('scripts/import_official.py', run_name='__main__')\n"
        "except SystemExit:\n    assert 'torch' not in sys.modules\n"
    )
    shown = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    assert "--upsampling" in shown.stdout and "--no-instances" in shown.stdout


def test_the_command_line(
    tmp_path: Path, checkpoints: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is guessed is printed as a warning, and each has an option that replaces the guess."""
    made_up.spade_generator(Generator(hidden=8)).save(tmp_path, "G")
    monkeypatch.setattr(sys, "argv", ["import_official.py", str(tmp_path), "guessed"])
    import_official.main()
    printed = capsys.readouterr().out
    assert printed.count("warning: ") == 2
    assert "--[no-]unknown and --[no-]instances" in printed and "--upsampling" in printed
    arguments = ["--upsampling", "more", "--instances", "--no-unknown"]
    monkeypatch.setattr(sys, "argv", ["import_official.py", str(tmp_path), "given", *arguments])
    import_official.main()
    assert "warning" not in capsys.readouterr().out
    assert "num_classes: 4" in (checkpoints / "given" / "config.yaml").read_text()
