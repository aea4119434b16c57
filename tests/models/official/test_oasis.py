"""OASIS's official releases: the golden one's images, and every tensor of the published ones at full size."""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

import models.official as official
from data.image_range import to_uint8
from engine.checkpoint import checkpoint_paths
from engine.runtime.determinism import noise_vector_seed
from models.condition import Condition
from models.conditional_generator import ConditionalGenerator
from models.kernels.inference import prepare_for_inference
from models.norms import Spade
from models.official import read_release
from models.official.release_files import TensorFile
from options.build.networks import build_discriminator, build_generator
from scripts import import_official
from scripts.import_official import run_options
from tests.models.official import networks
from tests.models.official.refused import refused
from tests.models.official.test_golden import agree, pictures
from tests.shared import ROOT, golden
from tests.verbs import Verbs

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


@torch.no_grad()
def test_discriminator() -> None:
    D = networks.discriminator(read_release(golden("oasis_ade20k")))
    photo = pictures(golden("oasis_ade20k") / "inputs/photo").permute(0, 3, 1, 2) / 127.5 - 1
    channels = [0, *range(2, CLASSES + 1), 1]  # theirs in our order: fake, the classes, unknown
    for name, images in (("fake", expected()["generated_G"]), ("real", photo)):
        (output,) = D(images, Condition(labels()))
        agree(output.logits[:, :, ::4, ::4], expected()[f"D_{name}"][:, channels])


def test_a_discriminator_of_another_data_set(tmp_path: Path) -> None:
    """It tells the number of classes, which the generator's channels alone do not."""
    linked(tmp_path, "models/best_EMA.pth", "models/best_D.pth")
    release = read_release(tmp_path)
    assert (release.setup.classes, release.setup.noise_width) == (151, 64)
    assert not any("no_3dnoise" in warning for warning in release.setup.warnings)
    (tmp_path / "options.json").write_text('{"no_3dnoise": true}')
    refused(tmp_path, "'fc.weight'", "no_3dnoise=True, semantic_nc=151 disagrees", "215 input channels")


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
@pytest.mark.parametrize(("options", "discriminator"), [(True, True), (False, False)])
@pytest.mark.parametrize("name", DATA_SETS)
def test_every_tensor_at_full_size(
    name: str,
    options: bool,
    discriminator: bool,
    noise: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
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
    states = {"best_EMA.pth": state}
    states["best_D.pth"] = {key: torch.empty(entry[0], device="meta") for key, entry in found["D"].items()}
    if discriminator:
        (tmp_path / "best_D.pth").touch()
    monkeypatch.setattr(official, "open_tensors", lambda path: TensorFile(path, states[path.name]))
    release = read_release(tmp_path)
    classes, unknown, size = DATA_SETS[name]
    setup = release.setup
    assert (setup.classes, setup.unknown, setup.crop_size) == (classes, unknown, size)
    assert setup.dataset == ({"coco": "coco_stuff"}.get(name, name) if options else None)
    assert bool(setup.warnings) != options
    with torch.device("meta"):
        G = build_generator(*run_options(release, "x"))
        mapped = release.generator_state(G)
        if discriminator:
            D = build_discriminator(*run_options(release, "x"))
            assert release.discriminator_state(D).keys() == D.state_dict().keys()
            assert sum(parameter.numel() for parameter in D.parameters()) == found["parameters"]["D"]
    assert (
        sum(parameter.numel() for parameter in G.parameters())
        == found["parameters"]["G" if noise else "G_no_3dnoise"]
    )
    assert mapped.keys() == G.state_dict().keys()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"no_3dnoise": True, "semantic_nc": 151}, ("215 input channels", "semantic_nc=151", "z_dim=64")),
        ({"z_dim": 0}, ("z_dim=0 is no number of channels",)),
        ({"z_dim": "64"}, ("z_dim='64' is no number of channels",)),
        ({"z_dim": 215}, ("semantic_nc",)),
    ],
    ids=str,
)
def test_options_that_disagree(given: dict[str, object], words: tuple[str, ...], tmp_path: Path) -> None:
    linked(tmp_path, "models/best_EMA.pth")
    (tmp_path / "options.json").write_text(json.dumps({"no_3dnoise": False} | given))
    refused(tmp_path, "best_EMA.pth", "'fc.weight'", *words)


def test_another_data_set(tmp_path: Path) -> None:
    """Users' own training: whether the first label is unknown is theirs to say."""
    linked(tmp_path, "models/best_EMA.pth")
    (tmp_path / "opt.txt").write_text("dataset_mode: mine\nno_3dnoise: False\nz_dim: 64\n")
    for given, unknown, warnings in (({}, True, 1), ({"contain_dontcare_label": False}, False, 0)):
        release = read_release(tmp_path, given)
        assert (release.setup.unknown, release.setup.dataset) == (unknown, None)
        assert release.setup.crop_size is None and len(release.setup.warnings) == warnings
        kept = run_options(release, "x")[0].dataset
        assert (kept.name, kept.num_classes, kept.ignore_id) == (
            "folder",
            151 - unknown,
            255 if unknown else None,
        )


def test_tensors_that_do_not_fit(tmp_path: Path) -> None:
    state = torch.load(golden("oasis_ade20k") / "models/best_EMA.pth", weights_only=True)
    del state["body.5.norm_s.mlp_beta.bias"]
    torch.save(state, tmp_path / "best_EMA.pth")
    refused(
        tmp_path, "best_EMA.pth", "'body.5.norm_s.mlp_beta.bias' (4,) is missing from this OASIS generator"
    )
    torch.save(state | {"body.6.conv_0.bias": torch.zeros(2)}, tmp_path / "best_EMA.pth")
    refused(tmp_path, "'body.6.conv_0.bias' (2,) is no part of an official OASIS generator")


def test_the_run_reads_the_data_set_as_published(
    tmp_path: Path, verbs: Verbs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its label maps on disk, 0 for unknown; a class has its name."""
    release = golden("oasis_ade20k")
    monkeypatch.setattr(checkpoint_paths, "CHECKPOINTS", verbs.checkpoints)
    monkeypatch.setattr(sys, "argv", ["import_official.py", str(release), "released", "--noise", "64"])
    import_official.main()
    assert capsys.readouterr().out.startswith("oasis release as")
    assert checkpoint_paths.discriminator_file(verbs.checkpoints / "released", 0).is_file()
    words = (
        "name=released", f"labels={release / 'inputs/label'}",
        f"folder={tmp_path}", "hardware.num_workers=0",
    )  # fmt: skip
    verbs.succeeds("test", *words, "samples=2")
    G, seeds = generator(release), [noise_vector_seed(0, 1, place) for place in (0, 1)]
    z = torch.cat([torch.randn(1, 64, generator=torch.Generator().manual_seed(seed)) for seed in seeds])
    for name, made in zip(("000", "001"), image(G, z)):
        shown = np.asarray(Image.open(tmp_path / "images_2" / f"{name}.png")).astype(int)
        assert shown.std() > 2
        assert np.abs(shown - to_uint8(made).permute(1, 2, 0).numpy()).max() <= 1
    verbs.succeeds("test", *words, "noise.sky=3")
    assert "did you mean windowpane" in verbs.refuses("test", *words, "noise.window_pane=3")
