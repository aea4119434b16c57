"""Releases that are not in the golden folder, made up here, against a slow reference network."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.official import read_release
from tests.models.official import networks
from tests.models.official.agreement import ATOL, agrees, borders, maps_of_ids
from tests.references import official_spade as reference
from tests.references import official_weights as made_up
from tests.references.official_weights import Generator

VARIANTS = {
    "plain": Generator(),
    "most": Generator(width=4, most=True),
    "kernel 1": Generator(kernel=1),
    "kernel 5": Generator(kernel=5, hidden=16),
    "kernel 7": Generator(kernel=7, hidden=16),
    "instance statistics": Generator(running=False),
    "without spectral norm": Generator(spectral=False),
    "hidden 32": Generator(hidden=32),
    "one class": Generator(channels=1),
    "clade": Generator(clade=True),
    "clade with instance statistics": Generator(clade=True, running=False, spectral=False, most=True),
    "nothing usual": Generator(
        channels=7, width=6, kernel=5, hidden=24, running=False, spectral=False, most=True
    ),
}


@pytest.mark.parametrize("what", VARIANTS.values(), ids=VARIANTS)
def test_spade(what: Generator, tmp_path: Path) -> None:
    weights = made_up.spade_generator(what)
    weights.save(tmp_path, "G")
    release = read_release(tmp_path)
    # Instance statistics need more than one pixel in the smallest maps.
    agrees(release, weights, (256, 128) if what.most else (64, 96))
    assert release.networks["generator"]["upsampling"] == ("most" if what.most else "normal")
    assert release.family == ("clade" if what.clade else "spade")
    assert len(release.setup.warnings) == (1 if what.most else 2) - (what.channels == 1)


@pytest.mark.parametrize("upsampling", ["normal", "more"])
def test_up_sampling_that_shapes_do_not_show(upsampling: str, tmp_path: Path) -> None:
    weights = made_up.spade_generator(Generator())
    weights.save(tmp_path, "G")
    given = {"num_upsampling_layers": upsampling, "no_instance": True, "contain_dontcare_label": True}
    by_argument = read_release(tmp_path, given)
    agrees(by_argument, weights, (64, 128))
    assert by_argument.setup.warnings == [] and by_argument.setup.unknown
    (tmp_path / "options.json").write_text(json.dumps({"num_upsampling_layers": upsampling}))
    by_options = read_release(tmp_path)
    assert by_options.networks["generator"]["upsampling"] == upsampling
    assert not any("up-sampling" in warning for warning in by_options.setup.warnings)


def test_instances_by_argument(tmp_path: Path) -> None:
    weights = made_up.spade_generator(Generator(channels=6))
    weights.save(tmp_path, "G")
    release = read_release(tmp_path, {"no_instance": False})
    assert release.setup.classes == 5 and release.setup.edges
    agrees(release, weights, (64, 64))


@pytest.mark.parametrize(
    ("latent", "ratio"),
    [((4, 4), None), ((2, 4), 2.0), ((3, 4), 4 / 3), ((4, 2), 0.5)],
    ids=["square", "2:1", "4:3", "1:2"],
)
def test_vae_at_any_aspect_ratio(latent: tuple[int, int], ratio: float | None, tmp_path: Path) -> None:
    what = Generator(width=3, latent=latent, styles=12)
    weights = made_up.spade_generator(what)
    weights.save(tmp_path, "G")
    encoder = made_up.image_encoder(width=2, styles=12)
    encoder.save(tmp_path, "E")
    release = read_release(tmp_path, {"aspect_ratio": ratio})
    assert release.setup.crop_size == (32 * latent[0], 32 * latent[1])
    codes = torch.randn(2, 12, generator=torch.Generator().manual_seed(2))
    agrees(release, weights, release.setup.crop_size, codes)


@pytest.mark.parametrize("norm", ["instance", "batch", "none"])
@pytest.mark.parametrize("spectral", [True, False])
@torch.no_grad()
def test_image_encoder(norm: str, spectral: bool, tmp_path: Path) -> None:
    made_up.spade_generator(Generator(latent=(1, 1), styles=6)).save(tmp_path, "G")
    weights = made_up.image_encoder(width=3, styles=6, norm=norm, spectral=spectral)
    weights.save(tmp_path, "E")
    photo = torch.rand(2, 3, 80, 48, generator=torch.Generator().manual_seed(3)) * 2 - 1
    posterior = networks.G(read_release(tmp_path)).encoder(photo)
    mean, log_var = reference.image_encoder(weights.tensors, photo)
    assert mean.std() > 0.05
    torch.testing.assert_close(posterior.mean, mean, rtol=0, atol=ATOL)
    torch.testing.assert_close(posterior.log_var, log_var, rtol=0, atol=ATOL)


def test_up_sampling_of_a_vae_follows_from_its_crop(tmp_path: Path) -> None:
    made_up.spade_generator(Generator(latent=(4, 4), styles=12)).save(tmp_path, "G")
    for crop, upsampling in ((128, "normal"), (256, "more")):
        (tmp_path / "options.json").write_text(json.dumps({"crop_size": crop, "aspect_ratio": 1}))
        release = read_release(tmp_path)
        found = release.networks["generator"]["upsampling"], release.setup.crop_size
        assert found == (upsampling, (crop, crop))


@pytest.mark.parametrize(
    "what",
    [
        Generator(styles=16),
        Generator(channels=11, styles=8, kernel=5, hidden=32, style_kernel=5),
        Generator(styles=20, running=False, ace_running=False, spectral=False, kernel=1, style_kernel=1),
        Generator(channels=3, width=4, styles=24, most=True, hidden=16),
        Generator(channels=12, styles=8, hidden=16, linears=19),
        Generator(channels=21, styles=4, hidden=16),
        Generator(styles=6, running=False, kernel=5, hidden=16),
        Generator(styles=6, kernel=7, spectral=False, hidden=16),
    ],
    ids=[
        "5 classes",
        "11 classes, kernel 5",
        "instance statistics",
        "most",
        "12 classes, 19 linear layers",
        "21 classes",
        "spadeinstance5x5",
        "spadesyncbatch7x7",
    ],
)
@torch.no_grad()
def test_sean(what: Generator, tmp_path: Path) -> None:
    weights = made_up.spade_generator(what)
    weights.save(tmp_path, "G")
    release = read_release(tmp_path, {"no_instance": True, "contain_dontcare_label": False})
    size = (128, 128) if what.most else (64, 96)
    labels = maps_of_ids(what.channels, size)
    labels[0][labels[0] == 0] = 1  # a region that is absent
    photo = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(3)) * 2 - 1
    ours = networks.G(release).encoder(photo, labels)
    codes = reference.region_codes(weights.tensors, photo, reference.semantics(labels, what.channels))
    assert codes.shape == (2, what.channels, what.styles) and codes.std() > 0.05 and not codes[0, 0].any()
    torch.testing.assert_close(ours, codes, rtol=0, atol=ATOL)
    agrees(release, weights, size, codes)


@pytest.mark.parametrize(
    ("layers", "scales", "norm", "spectral"),
    [
        (3, 3, "instance", True),
        (4, 2, "batch", True),
        (5, 1, "instance", False),
        (2, 2, "none", True),
        (3, 1, "none", False),
        (1, 2, "none", False),
    ],
)
@torch.no_grad()
def test_discriminator(layers: int, scales: int, norm: str, spectral: bool, tmp_path: Path) -> None:
    made_up.spade_generator(Generator(channels=6)).save(tmp_path, "G", epoch="30")
    weights = made_up.discriminator(6, layers=layers, scales=scales, norm=norm, spectral=spectral)
    weights.save(tmp_path, "D", epoch="30")
    release = read_release(tmp_path, {"no_instance": False})
    size = (64, 64)
    labels, (instances, edges) = maps_of_ids(5, size), borders(size)
    images = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(3)) * 2 - 1
    condition = networks.G(release).condition(labels, instances)
    ours = networks.discriminator(release)(images, condition)
    maps = reference.semantics(labels, 5, edges)
    theirs = reference.discriminator(weights.tensors, maps, images, layers, scales)
    assert len(ours) == len(theirs) == scales
    for output, (*features, logits) in zip(ours, theirs, strict=True):
        torch.testing.assert_close([*output.features, output.logits], [*features, logits], rtol=0, atol=ATOL)


@pytest.mark.parametrize(
    ("halvings", "blocks", "kernel", "first_kernel", "norm", "spectral"),
    [
        (2, 2, 3, 7, "instance", True),
        (3, 1, 5, 5, "instance", False),
        (1, 3, 3, 7, "batch", True),
        (2, 1, 3, 3, "none", True),
        (4, 2, 3, 7, "batch", False),
        (3, 0, 3, 7, "instance", True),
        (2, 1, 7, 9, "none", False),
    ],
)
@torch.no_grad()
def test_pix2pixhd(
    halvings: int, blocks: int, kernel: int, first_kernel: int, norm: str, spectral: bool, tmp_path: Path
) -> None:
    weights = made_up.pix2pixhd_generator(6, 4, halvings, blocks, kernel, first_kernel, norm, spectral)
    weights.save(tmp_path, "G")
    release = read_release(tmp_path, {"no_instance": False})
    assert release.family == "pix2pixhd" and networks.G(release).encoder is None
    size = (64, 96)
    labels, (instances, edges) = maps_of_ids(5, size), borders(size)
    G = networks.G(release)
    ours = G.generator(G.condition(labels, instances))
    theirs = reference.pix2pixhd(weights.tensors, reference.semantics(labels, 5, edges), halvings, blocks)
    assert theirs.std() > 0.01
    torch.testing.assert_close(ours, theirs, rtol=0, atol=ATOL)


@pytest.mark.parametrize("crop", [64, 128])
def test_released_before_zip_archives(crop: int, tmp_path: Path) -> None:
    """The published weights are in the older format of torch.save."""
    weights = made_up.spade_generator(Generator(hidden=8))
    torch.save(weights.tensors, tmp_path / "latest_net_G.pth", _use_new_zipfile_serialization=False)
    agrees(read_release(tmp_path), weights, (crop, crop))


@pytest.mark.parametrize("channels", [13, 36, 151, 184])
def test_published_set_ups_are_the_convention(channels: int, tmp_path: Path) -> None:
    """Without options: Facades, Cityscapes, ADE20K, COCO-Stuff as they were published."""
    weights = made_up.spade_generator(replace(VARIANTS["plain"], channels=channels, hidden=8))
    weights.save(tmp_path, "G")
    release = read_release(tmp_path)
    setup = release.setup
    known = {13: (13, False, False), 36: (35, False, True), 151: (150, True, False), 184: (182, True, True)}
    assert (setup.classes - setup.unknown, setup.unknown, setup.edges) == known[channels]
    assert release.networks["generator"]["upsampling"] == ("more" if channels == 36 else "normal")
    assert len(setup.warnings) == 2
