"""Options of a release say what the shapes of its tensors do not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.official import read_release
from tests.models.official.agreement import agrees
from tests.references import official_weights as made_up
from tests.references.official_weights import Generator

OFFICIAL_OPTIONS = {
    "cityscapes, its voids a class": (
        9,
        {"label_nc": 8, "contain_dontcare_label": True, "no_instance": True},
    ),
    "borders": (9, {"label_nc": 8, "contain_dontcare_label": False, "no_instance": False}),
    "both": (10, {"label_nc": 8, "contain_dontcare_label": True, "no_instance": False}),
    "neither": (8, {"label_nc": 8, "contain_dontcare_label": False, "no_instance": True}),
}


@pytest.mark.parametrize("kind", ["options.json", "opt.txt"])
@pytest.mark.parametrize("name", OFFICIAL_OPTIONS)
@pytest.mark.parametrize("norm", ["spectralspadebatch3x3", "spadesyncbatch5x5", "spectralspadeinstance1x1"])
def test_options_say_what_shapes_do_not(norm: str, name: str, kind: str, tmp_path: Path) -> None:
    channels, options = OFFICIAL_OPTIONS[name]
    side, spectral, instance = int(norm[-1]), norm.startswith("spectral"), "instance" in norm
    what = Generator(channels=channels, kernel=side, hidden=8, running=not instance, spectral=spectral)
    weights = made_up.spade_generator(what)
    weights.save(tmp_path, "G")
    write_options(
        tmp_path, kind, options | {"norm_G": norm, "num_upsampling_layers": "more", "crop_size": 64}
    )
    release = read_release(tmp_path)
    setup, generator, found = release.setup, release.networks["generator"], release.networks["norm"]
    assert setup.warnings == [] and setup.crop_size == (64, 64)
    assert setup.classes - setup.unknown == 8 and setup.unknown == options["contain_dontcare_label"]
    assert setup.edges != options["no_instance"] and generator["upsampling"] == "more"
    statistics = "instance" if instance else "sync_batch" if "syncbatch" in norm else "batch"
    assert (found["statistics"], found["kernel_size"]) == (statistics, side)
    assert generator["spectral"] == spectral
    agrees(release, weights, (128, 128) if instance else (64, 64))


def write_options(folder: Path, kind: str, options: dict[str, object]) -> None:
    """As the official code writes its options, or as JSON."""
    if kind == "options.json":
        (folder / kind).write_text(json.dumps(options))
        return
    lines = [f"{name:>25}: {value!s:<30}\t[default: x]\n" for name, value in options.items()]
    text = [
        "----------------- Options ---------------\n",
        *lines,
        "----------------- End -------------------\n",
    ]
    (folder / kind).write_text("".join(text))
    (folder / "opt.pkl").write_bytes(b"never opened")
