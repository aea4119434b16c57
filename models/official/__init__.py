"""Official releases of SPADE, SEAN, CLADE, pix2pixHD and OASIS: the only place that knows their names."""

from __future__ import annotations

from pathlib import Path

from models.official.clade import Clade
from models.official.oasis import Oasis
from models.official.pix2pixhd import Pix2pixHD
from models.official.release import Family, OfficialRelease
from models.official.release_files import Options, find_weights, open_tensors, read_options
from models.official.sean import Sean
from models.official.spade import Spade

FAMILIES: dict[str, Family] = {
    "sean": Sean(), "clade": Clade(), "spade": Spade(), "pix2pixhd": Pix2pixHD(), "oasis": Oasis()
}  # fmt: skip
"""A release is of the first family that recognises it. To add one: a file here, and a line in this table."""


def read_release(folder: Path, options: Options | None = None) -> OfficialRelease:
    """Opens a folder with `latest_net_G.pth` and, where there are such, `_D.pth` and `_E.pth`.

    Or with OASIS's `best_EMA.pth` or `best_G.pth`, as `find_weights` finds them.

    Hyper-parameters come from the tensors' shapes. What these do not show comes from `options` (official
    ones, None where unknown), from options.json or opt.txt, or is as published or plainest.

    Raises ValueError for a release of no family, and where options or encoder disagree with the generator.
    Single tensors that do not fit are found when a state dict is asked for.
    """
    files = {network: open_tensors(path) for network, path in find_weights(folder).items()}
    file, sources = files["G"], (read_options(folder), options or {})
    known = {name: value for source in sources for name, value in source.items() if value is not None}
    tensors = {name: tensor for name, family in FAMILIES.items() if (tensor := family.label_tensor(file))}
    if not tensors:
        first = next(iter(file.tensors))
        raise ValueError(
            f"{file.path}: tensor {first!r} {tuple(file.tensors[first].shape)} is no part of an official "
            "generator of SPADE, SEAN, CLADE, pix2pixHD or OASIS; only these can be opened"
        )
    name, label_tensor = next(iter(tensors.items()))
    setup = FAMILIES[name].setup(known, file, label_tensor, files.get("D"))
    networks, key_map = FAMILIES[name].generator(file, setup)
    key_maps, encoder = {"G": key_map}, networks["encoder"]
    networks["discriminator"] = {"name": "multiscale"}
    if "D" in files:
        networks["discriminator"], key_maps["D"] = FAMILIES[name].discriminator(files["D"], setup)
    style_width = encoder["style_width"] if encoder["name"] == "prior" else None
    if "E" in files:
        networks["encoder"], key_maps["E"] = FAMILIES[name].encoder(files["E"], style_width)
    elif style_width is not None:
        setup.warnings.append("there is no encoder (*_net_E.pth): styles can only be sampled")
    return OfficialRelease(folder, name, networks, setup, {key: (files[key], key_maps[key]) for key in files})
