"""The tensors of an official SPADE generator; SEAN's is the same but for its norms."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from models.generators.spade import PLAIN
from models.official.architecture import SpadeArchitecture
from models.official.files import TensorFile
from models.official.infer_config import Settled
from models.official.key_mapping import Rule, conv, layer, running_statistics, skipped

FIRST_NORM = "head_0.norm_0"
BLOCKS = ("head_0", "G_middle_0", "G_middle_1", "up_0", "up_1", "up_2", "up_3", "up_4")
WIDTHS = (16, 16, 16, 16, 8, 4, 2, 1, 0.5)
"""Widths before, between and after the blocks; up_4 is only in `most`."""

NormRules = Callable[[str, str, int], list[Rule]]
"""Our name of a norm, theirs, its channels."""


def is_spade(file: TensorFile) -> bool:
    """Whether the first block's first convolution is there."""
    return any(name.startswith("head_0.conv_0.") for name in file.tensors)


def input_channels(file: TensorFile, first_norm: str) -> tuple[str, int]:
    """The tensor that shows the number of input channels, and that number."""
    name = f"{first_norm}.mlp_shared.0.weight"
    return name, file.shape(name, 4)[1]


def infer(
    file: TensorFile, norm: str, first_norm: str, standardising: str, settled: Settled
) -> SpadeArchitecture:
    """The architecture from the tensors.

    `first_norm`: the official name of the first SPADE norm; `standardising`: of the first norm whose
    statistics are used.
    """
    hidden, _, kernel_size, _ = file.shape(f"{first_norm}.mlp_shared.0.weight", 4)
    widest = file.weight("head_0.conv_0")[0]
    if widest % 16:
        raise ValueError(f"{file.path}: 'head_0.conv_0' has {widest} channels, not a multiple of 16")
    stem_size, style_width = None, None
    if "fc.weight" in file.tensors and file.tensors["fc.weight"].dim() == 2:
        outputs, style_width = file.shape("fc.weight", 2)
        if outputs % widest:
            raise ValueError(
                f"{file.path}: tensor 'fc.weight' has {outputs} rows, "
                f"not a multiple of the {widest} channels of 'head_0.conv_0'"
            )
        stem_size = settled.stem_size(outputs // widest)
    most = any(name.startswith("up_4.") for name in file.tensors)
    statistics = "instance"
    if f"{standardising}.param_free_norm.running_mean" in file.tensors:
        statistics = "sync_batch" if settled.told.synchronised else "batch"
    return SpadeArchitecture(
        norm=norm,
        classes=settled.classes,
        edges=settled.edges,
        width=widest // 16,
        upsampling=settled.upsampling(most, stem_size),
        statistics=statistics,
        kernel_size=kernel_size,
        hidden=hidden,
        spectral=file.spectral("head_0.conv_0"),
        style_width=style_width,
        stem_size=stem_size,
    )


def spade_norm(architecture: SpadeArchitecture, ours: str, theirs: str, channels: int) -> list[Rule]:
    """SPADE: the shared convolution, and the pair whose two we keep as one."""
    hidden, side = architecture.hidden, architecture.kernel_size
    inputs = architecture.classes + architecture.edges
    rules = layer(f"{ours}.shared", f"{theirs}.mlp_shared.0", (hidden, inputs, side, side), bias=hidden)
    pair = (f"{theirs}.mlp_gamma", f"{theirs}.mlp_beta")
    return [*rules, *pair_conv(f"{ours}.pair", pair, (channels, hidden, side, side))]


def pair_conv(ours: str, theirs: tuple[str, str], shape: tuple[int, int, int, int]) -> list[Rule]:
    """Two convolutions of one input, gamma first."""
    return [
        Rule(f"{ours}.weight", tuple(f"{name}.weight" for name in theirs), shape),
        Rule(f"{ours}.bias", tuple(f"{name}.bias" for name in theirs), shape[:1]),
    ]


def standardisation(statistics: str, ours: str, theirs: str, channels: int) -> list[Rule]:
    """The running averages of batch statistics; their counter is left out."""
    if statistics == "instance":
        return []
    counter = skipped(f"{theirs}.num_batches_tracked", (), optional=True)
    return [*running_statistics(ours, theirs, channels), counter]


def block_rules(
    architecture: SpadeArchitecture, number: int, word: str, channels: tuple[int, int], norm: NormRules
) -> list[Rule]:
    """A residual block; `word` is what the official block calls its norms: `norm` or `ace`."""
    ours, theirs, spectral = f"blocks.{number}", BLOCKS[number], architecture.spectral
    inputs, outputs = channels
    middle = min(inputs, outputs)
    rules = conv(f"{ours}.conv_0", f"{theirs}.conv_0", (middle, inputs, 3, 3), middle, spectral)
    rules += conv(f"{ours}.conv_1", f"{theirs}.conv_1", (outputs, middle, 3, 3), outputs, spectral)
    rules += norm(f"{ours}.norm_0", f"{theirs}.{word}_0", inputs)
    rules += norm(f"{ours}.norm_1", f"{theirs}.{word}_1", middle)
    if inputs != outputs:
        rules += conv(f"{ours}.conv_s", f"{theirs}.conv_s", (outputs, inputs, 1, 1), 0, spectral)
        rules += norm(f"{ours}.norm_s", f"{theirs}.{word}_s", inputs)
    return rules


def body_rules(
    architecture: SpadeArchitecture, word: str, norm: NormRules, plain_norm: NormRules
) -> list[Rule]:
    """Stem, blocks and output of a SPADE or SEAN generator."""
    blocks = len(BLOCKS) if architecture.upsampling == "most" else len(BLOCKS) - 1
    channels = [int(multiple * architecture.width) for multiple in WIDTHS[: blocks + 1]]
    rules = stem_rules(architecture)
    for number, ends in enumerate(pairwise(channels)):
        rules += block_rules(architecture, number, word, ends, plain_norm if number == PLAIN else norm)
    return [*rules, *layer("to_rgb", "conv_img", (3, channels[-1], 3, 3), bias=3)]


def stem_rules(architecture: SpadeArchitecture) -> list[Rule]:
    """A convolution on the label map, or the linear layer of a VAE."""
    widest = 16 * architecture.width
    if architecture.stem_size is None:
        inputs = architecture.classes + architecture.edges
        return layer("stem.conv", "fc", (widest, inputs, 3, 3), bias=widest)
    assert architecture.style_width is not None
    height, width = architecture.stem_size
    rows = widest * height * width
    return layer("stem.linear", "fc", (rows, architecture.style_width), bias=rows)


def generator_rules(architecture: SpadeArchitecture) -> list[Rule]:
    """Every tensor of a SPADE generator."""

    def norm(ours: str, theirs: str, channels: int) -> list[Rule]:
        standardise = (f"{ours}.standardise", f"{theirs}.param_free_norm")
        return [
            *spade_norm(architecture, ours, theirs, channels),
            *standardisation(architecture.statistics, *standardise, channels),
        ]

    return body_rules(architecture, "norm", norm, norm)
