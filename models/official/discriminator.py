"""The tensors of an official multiscale discriminator."""

from __future__ import annotations

from models.discriminators.multiscale import WIDEST
from models.official.architecture import DiscriminatorArchitecture
from models.official.files import TensorFile
from models.official.key_mapping import Rule, layer, normed_conv, plain_norm

FIRST = "discriminator_0.model0.0"


def infer(file: TensorFile, classes: int, edges: bool) -> DiscriminatorArchitecture:
    """The architecture from the tensors; `classes` and `edges` are the generator's."""
    hidden = "discriminator_0.model1.0"
    layers = file.count("discriminator_0.model{}.") - 1
    norm = plain_norm(file, hidden) if layers > 1 else "none"
    return DiscriminatorArchitecture(
        classes=classes,
        edges=edges,
        width=file.shape(f"{FIRST}.weight", 4)[0],
        layers=layers,
        scales=file.count("discriminator_{}."),
        norm=norm,
        spectral=file.spectral(hidden if norm == "none" else f"{hidden}.0"),
    )


def discriminator_rules(architecture: DiscriminatorArchitecture) -> list[Rule]:
    """Every tensor of the discriminator."""
    inputs = architecture.classes + architecture.edges + 3
    widths = [min(architecture.width * 2**index, WIDEST) for index in range(architecture.layers)]
    rules: list[Rule] = []
    for scale in range(architecture.scales):
        ours, theirs = f"scales.{scale}", f"discriminator_{scale}"
        rules += layer(f"{ours}.first", f"{theirs}.model0.0", (widths[0], inputs, 4, 4), bias=widths[0])
        for index in range(1, architecture.layers):
            shape = (widths[index], widths[index - 1], 4, 4)
            names = (f"{ours}.hidden.{index - 1}", f"{theirs}.model{index}.0")
            rules += normed_conv(*names, shape, architecture.norm, architecture.spectral)
        last = f"{theirs}.model{architecture.layers}.0"
        rules += layer(f"{ours}.to_logits", last, (1, widths[-1], 4, 4), bias=1)
    return rules
