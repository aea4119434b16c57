"""The tensors of an official SEAN generator, which holds its style encoder."""

from __future__ import annotations

from dataclasses import replace

from models.official.architecture import RegionEncoderArchitecture, SpadeArchitecture
from models.official.assumptions import Settled
from models.official.files import TensorFile
from models.official.rules import Rule, State, layer, left_out, same
from models.official.spade import body_rules, infer, pair_conv, spade_norm, standardisation

FIRST_NORM = "head_0.ace_0.Spade"
ENCODER_CONVS = {"1": (32, 3, 3, 3), "4": (64, 32, 3, 3), "7": (128, 64, 3, 3), "10": (128, 256, 3, 3)}
"""The style encoder's convolutions with a norm: their places in its sequence, and their weights' shapes."""
TRANSPOSED = "10"


def is_sean(file: TensorFile) -> bool:
    """Whether there is SEAN's style encoder, or one of its norms."""
    return any(name.startswith("Zencoder.") or ".ace_0." in name for name in file.tensors)


def infer_sean(file: TensorFile, settled: Settled) -> tuple[SpadeArchitecture, RegionEncoderArchitecture]:
    """Generator and style encoder from the tensors."""
    style_width = file.shape("Zencoder.model.14.weight", 4)[0]
    generator = replace(infer(file, "sean", FIRST_NORM, settled), style_width=style_width)
    return generator, RegionEncoderArchitecture(settled.classes, style_width)


def generator_rules(architecture: SpadeArchitecture) -> list[Rule]:
    """Every tensor of the generator but the encoder's."""

    def last_norm(ours: str, theirs: str, channels: int) -> list[Rule]:
        rules = noisy_spade(architecture, ours, theirs, channels)
        # The last block is plain SPADE and blends nothing, but the official one carries the scalars.
        return [*rules, left_out(f"{theirs}.blending_gamma", (1,)), left_out(f"{theirs}.blending_beta", (1,))]

    def norm(ours: str, theirs: str, channels: int) -> list[Rule]:
        return [
            *noisy_spade(architecture, ours, theirs, channels),
            *style_rules(architecture, ours, theirs, channels),
        ]

    return body_rules(architecture, "ace", norm, last_norm)


def noisy_spade(architecture: SpadeArchitecture, ours: str, theirs: str, channels: int) -> list[Rule]:
    """SPADE inside SEAN, the noise, and the statistics: the official SPADE's own are never used."""
    statistics = architecture.statistics
    return [
        *spade_norm(architecture, ours, f"{theirs}.Spade", channels),
        same(f"{ours}.noise.weight", f"{theirs}.noise_var", (channels,)),
        *standardisation(statistics, f"{ours}.standardise", f"{theirs}.param_free_norm", channels),
        *standardisation(statistics, None, f"{theirs}.Spade.param_free_norm", channels),
    ]


def style_rules(architecture: SpadeArchitecture, ours: str, theirs: str, channels: int) -> list[Rule]:
    """The style's share: a linear layer for each class, stacked, the pair's convolutions, the blend."""
    codes, side = architecture.style_width, architecture.kernel_size
    assert codes is not None
    linear = [f"{theirs}.fc_mu{index}" for index in range(architecture.classes)]
    weights = tuple(f"{name}.weight" for name in linear)
    biases = tuple(f"{name}.bias" for name in linear)
    pair = (f"{theirs}.conv_gamma", f"{theirs}.conv_beta")
    return [
        Rule(f"{ours}.style_linear.weight", weights, (codes, codes), stacked=True),
        Rule(f"{ours}.style_linear.bias", biases, (codes,), stacked=True),
        *pair_conv(f"{ours}.style_pair", pair, (channels, codes, side, side)),
        same(f"{ours}.blending_gamma", f"{theirs}.blending_gamma", (1,)),
        same(f"{ours}.blending_beta", f"{theirs}.blending_beta", (1,)),
    ]


ENCODER_PREFIX = "encoder:"


def encoder_rules(architecture: RegionEncoderArchitecture) -> list[Rule]:
    """The style encoder, whose tensors are in the generator's file; ours are marked with `ENCODER_PREFIX`."""
    rules: list[Rule] = []
    for index, (place, shape) in enumerate(ENCODER_CONVS.items()):
        theirs = f"Zencoder.model.{place}"
        rules.append(same(f"{ENCODER_PREFIX}convs.{index}.conv.weight", f"{theirs}.weight", shape))
        # The instance norm that follows takes these away again, so ours has none.
        rules.append(left_out(f"{theirs}.bias", (shape[1 if place == TRANSPOSED else 0],)))
    codes = architecture.style_width
    return [
        *rules,
        *layer(f"{ENCODER_PREFIX}to_codes", "Zencoder.model.14", (codes, 256, 3, 3), bias=codes),
    ]


def split(state: State) -> tuple[State, State]:
    """The generator's tensors, and the encoder's."""
    encoder = {
        name.removeprefix(ENCODER_PREFIX): state[name] for name in state if name.startswith(ENCODER_PREFIX)
    }
    return {name: state[name] for name in state if not name.startswith(ENCODER_PREFIX)}, encoder
