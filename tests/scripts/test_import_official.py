"""An official release becomes a run whose networks return what the original networks returned."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from data.dataset_info import DatasetInfo
from data.image_range import to_uint8
from engine.checkpoint import checkpoint_paths
from engine.checkpoint.checkpoint_paths import discriminator_file
from engine.checkpoint.serialization import load_weights, read_weights
from engine.init_from import init_from
from inference.generator import LabelMapGenerator
from models import load_generator
from models.official import read_release
from options.build.networks import build_discriminator, build_generator
from options.run_config import read_options
from options.schema.networks import MultiscaleOptions
from scripts.import_official import import_release
from tests.models.official.test_golden import WITH_DISCRIMINATOR, Case, case, check_discriminator
from tests.references import official_spade as reference
from tests.references import official_weights as made_up
from tests.shared import golden
from tests.verbs import Verbs

Imported = Callable[..., tuple[LabelMapGenerator, Case | None]]


@pytest.fixture
def imported() -> Iterator[Imported]:
    """A release as a run: a golden folder by its name, or another one; the run is removed afterwards."""
    folders = []

    def make(name: str, release: Path | None = None) -> tuple[LabelMapGenerator, Case | None]:
        folders.append(checkpoint_paths.CHECKPOINTS / f"test-import-{name}")
        run = import_release(read_release(release or golden(name)), folders[-1].name)
        return load_generator(str(run)), None if name == "made_up" else case(name)

    yield make
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def agree(ours: Tensor, original: Tensor) -> None:
    torch.testing.assert_close(ours, original.float(), rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", ["spade_ade20k", "spade_cityscapes"])
def test_the_run_generates_as_the_original(name: str, imported: Imported) -> None:
    generator, found = imported(name)
    agree(generator(found.labels, found.instances), found.expected["generated"])


@pytest.mark.parametrize("name", WITH_DISCRIMINATOR)
def test_the_run_keeps_the_discriminator(name: str, imported: Imported) -> None:
    """Built from the options of the run and loaded, it is the original one."""
    imported(name)
    run = checkpoint_paths.CHECKPOINTS / f"test-import-{name}"
    kept = read_options(run)
    assert kept.discriminator.width == json.loads((golden(name) / "options.json").read_text())["ndf"]
    D = build_discriminator(kept, DatasetInfo.read(run))
    file = discriminator_file(run, 0)
    load_weights(D, read_weights(file), file)
    check_discriminator(D.eval(), case(name))


def test_training_starts_from_the_run(imported: Imported) -> None:
    name = "spade_cityscapes"
    _, found = imported(name)
    run = checkpoint_paths.CHECKPOINTS / f"test-import-{name}"
    kept, info = read_options(run), DatasetInfo.read(run)
    G, D = build_generator(kept, info), build_discriminator(kept, info)
    lines = init_from(run, G, D, info.label_set.names)
    assert not any("initialised anew" in line for line in lines), lines
    check_discriminator(D.eval(), found)
    with torch.no_grad():
        agree(G.eval().generator(found.condition()), found.expected["generated"])


def test_a_release_without_its_discriminator(imported: Imported) -> None:
    imported("sean_celebamask_hq")
    run = checkpoint_paths.CHECKPOINTS / "test-import-sean_celebamask_hq"
    assert not discriminator_file(run, 0).exists()
    assert read_options(run).discriminator == MultiscaleOptions()


def test_styles_of_a_sean_release(imported: Imported) -> None:
    """Of each label map's own photo; and of the other photo under this label map, as the original does."""
    generator, found = imported("sean_celebamask_hq")
    agree(generator.styles(found.photo, found.labels), found.expected["style_codes"])
    agree(generator(found.labels, photo=found.photo), found.expected["generated"])
    other = generator.styles(found.photo.flip(0), found.labels)
    agree(generator(found.labels, styles=other), found.expected["generated_other_photo"])


def test_styles_of_a_vae_release(imported: Imported) -> None:
    generator, found = imported("spade_vae_facades")
    agree(generator.styles(found.photo), found.expected["encoder_mu"])
    posterior = generator.G.encoder(found.photo)
    agree(posterior.log_var, found.expected["encoder_logvar"])
    agree(generator(found.labels, styles=found.expected["z"]), found.expected["generated"])


def test_a_vae_release_without_its_encoder(imported: Imported, tmp_path: Path) -> None:
    folder = tmp_path / "release"
    shutil.copytree(golden("spade_vae_facades"), folder, ignore=shutil.ignore_patterns("*_E.pth"))
    generator, found = imported("spade_vae_facades", folder)
    agree(generator(found.labels, styles=found.expected["z"]), found.expected["generated"])
    assert not torch.allclose(generator(found.labels, seed=1), generator(found.labels, seed=2), atol=0.01)
    with pytest.raises(ValueError, match="came without an encoder: its styles are drawn"):
        generator(found.labels, photo=found.photo)
    arguments = (
        "name=test-import-spade_vae_facades",
        f"labels={folder / 'inputs/label'}",
        f"folder={tmp_path}",
    )
    verbs = Verbs(checkpoint_paths.CHECKPOINTS)
    verbs.succeeds("test", *arguments, "samples=2", "hardware.num_workers=0")
    for images in ("images", "images_2"):
        assert [file.name for file in (tmp_path / images).iterdir()] == ["000.png"]
    error = verbs.refuses("test", *arguments, f"style={folder / 'inputs/photo/000.png'}")
    assert "that is for runs of norm=sean, norm=adain or encoder=image, which this one is not" in error


@pytest.mark.parametrize(("norm", "spectral"), [("batch", True), ("none", False)])
def test_encoders_with_other_norms(norm: str, spectral: bool, imported: Imported, tmp_path: Path) -> None:
    made_up.spade_generator(made_up.Generator(latent=(1, 1), styles=6)).save(tmp_path, "G")
    weights = made_up.image_encoder(width=3, styles=6, norm=norm, spectral=spectral)
    weights.save(tmp_path, "E")
    generator, _ = imported("made_up", tmp_path)
    photo = torch.rand(2, 3, 80, 48, generator=torch.Generator().manual_seed(3)) * 2 - 1
    agree(generator.styles(photo), reference.image_encoder(weights.tensors, photo)[0])


def test_styles_of_a_sean_release_from_the_command_line(imported: Imported, tmp_path: Path) -> None:
    """The other photo under each label map; and what it shows nothing of is named."""
    _, found = imported("sean_celebamask_hq")
    inputs = golden("sean_celebamask_hq") / "inputs"
    verbs = Verbs(checkpoint_paths.CHECKPOINTS)
    for place, (name, other) in enumerate((("000", "001"), ("001", "000"))):
        own = tmp_path / name / "labels"
        own.mkdir(parents=True)
        shutil.copy(inputs / "label" / f"{name}.png", own)
        arguments = (
            "name=test-import-sean_celebamask_hq", f"labels={own}", f"folder={tmp_path / name}",
            "hardware.num_workers=0", f"style={inputs / 'photo' / other}.png",
        )  # fmt: skip
        verbs.succeeds("test", *arguments, f"style_labels={inputs / 'label' / name}.png")
        shown = np.asarray(Image.open(tmp_path / name / "images" / f"{name}.png"))
        expected = to_uint8(found.expected["generated_other_photo"][place]).permute(1, 2, 0).numpy()
        assert np.abs(shown.astype(int) - expected.astype(int)).max() <= 1
        error = verbs.refuses("test", *arguments, f"style_labels={inputs / 'label' / other}.png")
        assert "of which the style's photo shows nothing and the run keeps no mean style" in error
    assert "give these (dataset.root=...), or other photos" in verbs.refuses("test", *arguments[:4])
