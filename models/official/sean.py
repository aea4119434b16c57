"""The tensors of an official SEAN generator, which holds its style encoder."""

from __future__ import annotations

from dataclasses import replace

from models.official.architecture import RegionEncoderArchitecture, SpadeArchitecture
from models.official.files import TensorFile
from models.official.infer_config import Settled
from models.official.key_mapping import RUNNING, Rule, State, layer, same, skipped
from models.official.spade import body_rules, infer, pair_conv, spade_norm, standardisation

FIRST_ACE = "head_0.ace_0"
FIRST_NORM = f"{FIRST_ACE}.Spade"
FIXED_CLASSES = 19
"""The official norm has so many linear layers whatever the number of classes; those above are never used."""
ENCODER_CONVS = {"1": (32, 3, 3, 3), "4": (64, 32, 3, 3), "7": (128, 64, 3, 3), "10": (128, 256, 3, 3)}
"""The style encoder's convolutions with a norm: their places in its sequence, and their weights' shapes."""
TRANSPOSED = "10"


def is_sean(file: TensorFile) -> bool:
    """Whether there is SEAN's style encoder, or one of its norms."""
    return any(name.startswith("Zencoder.") or ".ace_0." in name for name in file.tensors)


def infer_sean(file: TensorFile, settled: Settled) -> tuple[SpadeArchitecture, RegionEncoderArchitecture]:
    """Generator and style encoder from the tensors."""
    style_width = file.shape("Zencoder.model.14.weight", 4)[0]
    if settled.edges:
        raise ValueError(
            f"{settled.tensor} has the instance border as its last input channel (not no_instance), "
            "to which the official SEAN gives a style as if it were a class; such a release cannot be opened"
        )
    generator = replace(
        infer(file, "sean", FIRST_NORM, FIRST_ACE, settled),
        style_width=style_width,
        style_kernel_size=file.shape(f"{FIRST_ACE}.conv_gamma.weight", 4)[2],
    )
    return generator, RegionEncoderArchitecture(settled.classes, style_width)


def generator_rules(architecture: SpadeArchitecture) -> list[Rule]:
    """Every tensor of the generator but the encoder's."""

    def plain_norm(ours: str, theirs: str, channels: int) -> list[Rule]:
        rules = noisy_spade(architecture, ours, theirs, channels)
        # This block is plain SPADE and blends nothing, but the official one carries the scalars.
        return [*rules, skipped(f"{theirs}.blending_gamma", (1,)), skipped(f"{theirs}.blending_beta", (1,))]

    def norm(ours: str, theirs: str, channels: int) -> list[Rule]:
        return [
            *noisy_spade(architecture, ours, theirs, channels),
            *style_rules(architecture, ours, theirs, channels),
        ]

    return body_rules(architecture, "ace", norm, plain_norm)


def noisy_spade(architecture: SpadeArchitecture, ours: str, theirs: str, channels: int) -> list[Rule]:
    """SPADE inside SEAN, the noise, and the statistics.

    Those of the SPADE inside are never used, and are of the kind that norm_G says; SEAN's own need not be.
    """
    unused = f"{theirs}.Spade.param_free_norm"
    return [
        *spade_norm(architecture, ours, f"{theirs}.Spade", channels),
        same(f"{ours}.noise.weight", f"{theirs}.noise_var", (channels,)),
        *standardisation(
            architecture.statistics, f"{ours}.standardise", f"{theirs}.param_free_norm", channels
        ),
        *(skipped(f"{unused}.{name}", (channels,), optional=True) for name in RUNNING),
        skipped(f"{unused}.num_batches_tracked", (), optional=True),
    ]


def style_rules(architecture: SpadeArchitecture, ours: str, theirs: str, channels: int) -> list[Rule]:
    """The style's share: a linear layer for each class, stacked, the pair's convolutions, the blend."""
    codes, side = architecture.style_width, architecture.style_kernel_size
    assert codes is not None and side is not None
    linear = [f"{theirs}.fc_mu{index}" for index in range(architecture.classes)]
    weights = tuple(f"{name}.weight" for name in linear)
    biases = tuple(f"{name}.bias" for name in linear)
    pair = (f"{theirs}.conv_gamma", f"{theirs}.conv_beta")
    unused = [f"{theirs}.fc_mu{index}" for index in range(architecture.classes, FIXED_CLASSES)]
    return [
        Rule(f"{ours}.style_linear.weight", weights, (codes, codes), stacked=True),
        Rule(f"{ours}.style_linear.bias", biases, (codes,), stacked=True),
        *(skipped(f"{name}.weight", (codes, codes), optional=True) for name in unused),
        *(skipped(f"{name}.bias", (codes,), optional=True) for name in unused),
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
        rules.append(skipped(f"{theirs}.bias", (shape[1 if place == TRANSPOSED else 0],)))
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
