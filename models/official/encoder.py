"""The tensors of the official encoder of SPADE's VAE."""

from __future__ import annotations

from itertools import pairwise

from models.official.architecture import ImageEncoderArchitecture
from models.official.files import TensorFile
from models.official.key_mapping import Rule, layer, normed_conv, plain_norm

WIDTHS = (1, 2, 4, 8, 8, 8)
CELLS = 16
"""Pixels that are left of a photo of 256x256."""


def infer(file: TensorFile) -> ImageEncoderArchitecture:
    """The architecture from the tensors."""
    norm = plain_norm(file, "layer1")
    first = "layer1" if norm == "none" else "layer1.0"
    return ImageEncoderArchitecture(
        width=file.weight(first)[0],
        style_width=file.shape("fc_mu.weight", 2)[0],
        norm=norm,
        spectral=file.spectral(first),
    )


def encoder_rules(architecture: ImageEncoderArchitecture) -> list[Rule]:
    """Every tensor of the encoder."""
    channels = [3] + [architecture.width * multiple for multiple in WIDTHS]
    rules: list[Rule] = []
    for index, (inputs, outputs) in enumerate(pairwise(channels)):
        names = (f"convs.{index}", f"layer{index + 1}")
        rules += normed_conv(*names, (outputs, inputs, 3, 3), architecture.norm, architecture.spectral)
    style_width, flat = architecture.style_width, channels[-1] * CELLS
    rules += layer("to_mean", "fc_mu", (style_width, flat), bias=style_width)
    return [*rules, *layer("to_log_var", "fc_var", (style_width, flat), bias=style_width)]
