"""OASIS's official releases: the golden one's images, and every tensor of the published ones at full size."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

import models.official as official
from models.conditional_generator import ConditionalGenerator
from models.kernels.inference import prepare_for_inference
from models.norms import Spade
from models.official import read_release
from models.official.release_files import TensorFile
from options.build.networks import build_generator
from scripts.import_official import run_options
from tests.models.official import networks
from tests.models.official.test_golden import agree, pictures
from tests.shared import ROOT, golden

CLASSES = 151
FORMS = ("dense", "indexed", "prepared dense", "prepared indexed")


@cache
def expected() -> dict[str, Tensor]:
    with np.load(golden("oasis_ade20k") / "expected.npz") as arrays:
        return {key: torch.from_numpy(arrays[key]) for key in arrays.files}


def ours(labels: Tensor) -> Tensor:
    """Our ids: the first of theirs is unknown, which comes last here."""
    return torch.where(labels == 0, CLASSES - 1, labels - 1)


@cache
def labels() -> Tensor:
    return ours(pictures(golden("oasis_ade20k") / "inputs/label").long())


def generator(folder: Path, form: str = "dense") -> ConditionalGenerator:
    G = networks.G(read_release(folder))
    for module in G.modules():
        if isinstance(module, Spade):
            module.implementation = form.split()[-1]
    return prepare_for_inference(G) if form.startswith("prepared") else G


def image(G: ConditionalGenerator, z: Tensor) -> Tensor:
    with torch.no_grad():
        return G.generator(G.condition(labels(), noise=z))


@pytest.mark.parametrize("form", FORMS)
def test_images(form: str) -> None:
    G, z = generator(golden("oasis_ade20k"), form), expected()["z"]
    agree(image(G, z), expected()["generated"])
    agree(image(G, torch.zeros_like(z)), expected()["generated_no_noise"])


@pytest.mark.parametrize("form", FORMS)
def test_other_noise_in_one_class(form: str) -> None:
    G, z = generator(golden("oasis_ade20k"), form), expected()["z"]
    z = z[:, None].repeat(1, CLASSES, 1)  # (B, K, N)
    samples, local = torch.arange(2), ours(expected()["local_class"].long())
    z[samples, local] = expected()["z_other"]
    agree(image(G, z), expected()["generated_local"])
    agree(image(G, z[samples[:, None, None], labels()].movedim(-1, 1)), expected()["generated_local"])


def linked(folder: Path, *names: str) -> Path:
    """A folder of its own with some of the release's files."""
    release = golden("oasis_ade20k")
    for name in names:
        (folder / Path(name).name).symlink_to(release / name)
    return folder


def test_without_an_average_the_generator_itself(tmp_path: Path) -> None:
    linked(tmp_path, "options.json", "models/best_G.pth")
    agree(image(generator(tmp_path), expected()["z"]), expected()["generated_G"])


def without_noise(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """What the official network has without noise: 64 input channels less, the first."""
    inputs = ("fc.weight", ".mlp_shared.0.weight")
    return {name: tensor[:, 64:] if name.endswith(inputs) else tensor for name, tensor in state.items()}


@pytest.mark.parametrize("new_format", [True, False])
def test_a_release_without_noise(new_format: bool, tmp_path: Path) -> None:
    state = torch.load(golden("oasis_ade20k") / "models/best_EMA.pth", weights_only=True)
    torch.save(without_noise(state), tmp_path / "best_EMA.pth", _use_new_zipfile_serialization=new_format)
    (tmp_path / "opt.txt").write_text("dataset_mode: ade20k\nno_3dnoise: True\n")
    release = read_release(tmp_path)
    assert release.setup.warnings == [] and release.networks["generator"]["noise"] == 0
    assert release.setup.crop_size == (256, 256) and release.setup.unknown
    agree(image(networks.G(release), None), expected()["generated_no_noise"])


def published(name: str) -> dict:
    file = ROOT / "golden" / "oasis_state_dict_names.json"
    if not file.is_file():
        pytest.skip(f"{file} is absent: set SHARED_DATA")
    return json.loads(file.read_text())[name]


DATA_SETS = {
    "ade20k": (151, True, (256, 256)),
    "cityscapes": (35, False, (256, 512)),
    "coco": (183, True, (256, 256)),
}


@pytest.mark.parametrize("noise", [True, False])
@pytest.mark.parametrize("options", [True, False])
@pytest.mark.parametrize("name", DATA_SETS)
def test_every_tensor_at_full_size(
    name: str, options: bool, noise: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what opt.txt says, or by the number of channels alone; nothing is left over, and nothing lacks."""
    found = published(name)
    shapes = {key: entry[0] for key, entry in found["G"].items()}
    if not noise:
        shapes |= {key: entry[0] for key, entry in found["G_no_3dnoise_differs"].items()}
    state = {key: torch.empty(shape, device="meta") for key, shape in shapes.items()}
    path = tmp_path / "best_EMA.pth"
    path.touch()
    if options:
        (tmp_path / "opt.txt").write_text(f"dataset_mode: {name}\nno_3dnoise: {not noise}\nz_dim: 64\n")
    opened = TensorFile(path, state)
    monkeypatch.setattr(official, "open_tensors", lambda _: opened)
    release = read_release(tmp_path)
    classes, unknown, size = DATA_SETS[name]
    setup = release.setup
    assert (setup.classes, setup.unknown, setup.crop_size) == (classes, unknown, size)
    assert bool(setup.warnings) != options
    with torch.device("meta"):
        G = build_generator(*run_options(release, "x"))
        mapped = release.generator_state(G)
    assert (
        sum(parameter.numel() for parameter in G.parameters())
        == found["parameters"]["G" if noise else "G_no_3dnoise"]
    )
    assert mapped.keys() == G.state_dict().keys()
