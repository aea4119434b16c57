"""The tensors of pix2pixHD's global generator as the official SPADE code releases it.

One sequence: padding, first convolution, ReLU; a convolution and a ReLU for each halving and each doubling;
between them the residual blocks; padding, last convolution.
"""

from __future__ import annotations

from models.official.architecture import Pix2pixHDArchitecture
from models.official.files import TensorFile
from models.official.infer_config import Settled
from models.official.key_mapping import Rule, layer, normed_conv, plain_norm

FIRST = "model.1"


def is_pix2pixhd(file: TensorFile) -> bool:
    """Whether there is the first convolution of the sequence, and the next or a residual block."""
    return any(name.startswith(f"{FIRST}.") for name in file.tensors) and any(
        name.startswith("model.3.") or ".conv_block." in name for name in file.tensors
    )


def _conv_of(file: TensorFile, place: str) -> str:
    """The official name of the convolution at a place: the first of a pair with its norm, or alone."""
    return place if plain_norm(file, place) == "none" else f"{place}.0"


def input_channels(file: TensorFile) -> tuple[str, int]:
    """The layer that shows the number of input channels, and that number."""
    name = _conv_of(file, FIRST)
    return f"{name}.weight", file.weight(name)[1]


def infer(file: TensorFile, settled: Settled) -> Pix2pixHDArchitecture:
    """The architecture from the tensors."""
    in_block = {name.split(".")[1]: ".conv_block." in name for name in file.tensors if "." in name}
    downsamplings = blocks = 0
    while in_block.get(str(3 + 2 * downsamplings)) is False:
        downsamplings += 1
    while in_block.get(str(3 + 2 * downsamplings + blocks)):
        blocks += 1
    if not blocks:
        downsamplings //= 2  # the way up follows at once
    first = _conv_of(file, FIRST)
    width, _, first_kernel, _ = file.weight(first)
    first_block = _conv_of(file, f"model.{3 + 2 * downsamplings}.conv_block.1") if blocks else None
    return Pix2pixHDArchitecture(
        classes=settled.classes,
        edges=settled.edges,
        width=width,
        downsamplings=downsamplings,
        blocks=blocks,
        kernel_size=file.weight(first_block)[2] if first_block else 3,
        first_kernel=first_kernel,
        norm=plain_norm(file, FIRST),
        spectral=file.spectral(first),
    )


def generator_rules(architecture: Pix2pixHDArchitecture) -> list[Rule]:
    """Every tensor of the generator."""
    norm, spectral, width = architecture.norm, architecture.spectral, architecture.width
    inputs, side = architecture.classes + architecture.edges, architecture.first_kernel
    rules = normed_conv("first", FIRST, (width, inputs, side, side), norm, spectral)
    place = 3
    for index in range(architecture.downsamplings):
        shape = (2 * width, width, 3, 3)
        rules += normed_conv(f"down.{index}", f"model.{place}", shape, norm, spectral)
        width, place = 2 * width, place + 2
    shape = (width, width, architecture.kernel_size, architecture.kernel_size)
    for index in range(architecture.blocks):
        for ours, theirs in (("conv_0", "conv_block.1"), ("conv_1", "conv_block.4")):
            rules += normed_conv(f"blocks.{index}.{ours}", f"model.{place}.{theirs}", shape, norm, spectral)
        place += 1
    for index in range(architecture.downsamplings):
        shape = (width, width // 2, 3, 3)
        rules += normed_conv(f"up.{index}", f"model.{place}", shape, norm, spectral, transposed=True)
        width, place = width // 2, place + 2
    return [*rules, *layer("to_rgb", f"model.{place + 1}", (3, width, 7, 7), bias=3)]
