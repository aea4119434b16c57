"""Releases made up by the tests: random weights under the official names, in the official order."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor

BLOCKS = ("head_0", "G_middle_0", "G_middle_1", "up_0", "up_1", "up_2", "up_3", "up_4")


@dataclass
class Weights:
    """A state dict that grows layer by layer."""

    seed: int = 0
    spectral: bool = True
    tensors: dict[str, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = torch.Generator().manual_seed(self.seed)

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self.random)

    def layer(self, name: str, shape: tuple[int, ...], bias: int) -> None:
        fan_in = torch.Size(shape[1:]).numel()
        self.tensors[f"{name}.weight"] = self.normal(*shape) / fan_in**0.5
        if bias:
            self.tensors[f"{name}.bias"] = 0.1 * self.normal(bias)

    def spectral_layer(
        self, name: str, shape: tuple[int, ...], bias: int = 0, transposed: bool = False
    ) -> None:
        """A weight with its singular vectors, nearly converged, where this release has spectral norm."""
        if not self.spectral:
            self.layer(name, shape, bias)
            return
        if bias:
            self.tensors[f"{name}.bias"] = 0.1 * self.normal(bias)
        weight = self.normal(*shape)
        matrix = (weight.transpose(0, 1) if transposed else weight).flatten(1)
        left, _, right = torch.linalg.svd(matrix, full_matrices=False)
        u = left[:, 0] + 0.1 * self.normal(len(left))
        v = right[0] + 0.01 * self.normal(right.shape[1])
        self.tensors[f"{name}.weight_orig"] = weight
        self.tensors[f"{name}.weight_u"] = u / u.norm()
        self.tensors[f"{name}.weight_v"] = v / v.norm()

    def running(self, name: str, channels: int) -> None:
        self.tensors[f"{name}.running_mean"] = 0.3 * self.normal(channels)
        self.tensors[f"{name}.running_var"] = 0.5 + self.normal(channels).abs()
        self.tensors[f"{name}.num_batches_tracked"] = torch.tensor(7)

    def normed_conv(self, name: str, shape: tuple[int, ...], norm: str, transposed: bool = False) -> None:
        outputs = shape[1] if transposed else shape[0]
        if norm == "none":
            self.spectral_layer(name, shape, outputs, transposed)
            return
        self.spectral_layer(f"{name}.0", shape, 0, transposed)
        if norm == "batch":
            self.layer(f"{name}.1", (outputs,), outputs)
            self.running(f"{name}.1", outputs)

    def save(self, folder: Path, network: str, epoch: str = "latest") -> None:
        torch.save(self.tensors, folder / f"{epoch}_net_{network}.pth")


@dataclass(frozen=True)
class Generator:
    """What a made-up SPADE or SEAN generator is to be; `latent` is (height, width) of a VAE's stem.

    SEAN's own statistics and kernels are always those of syncbatch3x3 in the official code, which also has 19
    linear layers for any number of classes: `ace_running`, `style_kernel`, `linears` (0: one a class).
    """

    channels: int = 5
    width: int = 2
    kernel: int = 3
    hidden: int = 128
    running: bool = True
    spectral: bool = True
    most: bool = False
    latent: tuple[int, int] | None = None
    styles: int = 0
    ace_running: bool = True
    style_kernel: int = 3
    linears: int = 0
    clade: bool = False


def spade_generator(what: Generator, seed: int = 0) -> Weights:
    """SPADE; SEAN where `what.styles` and no `what.latent`."""
    made = Weights(seed, what.spectral)
    sean = what.styles > 0 and what.latent is None
    widths = [int(multiple * what.width) for multiple in (16, 16, 16, 16, 8, 4, 2, 1)]
    widths += [what.width // 2] * what.most
    if sean:
        for place, shape in ((1, (32, 3)), (4, (64, 32)), (7, (128, 64)), (10, (128, 256))):
            made.layer(f"Zencoder.model.{place}", (*shape, 3, 3), 256 if place == 10 else shape[0])
        made.layer("Zencoder.model.14", (what.styles, 256, 3, 3), what.styles)
    if what.latent is None:
        made.layer("fc", (widths[0], what.channels, 3, 3), widths[0])
    else:
        rows = widths[0] * what.latent[0] * what.latent[1]
        made.layer("fc", (rows, what.styles), rows)
    for block, (inputs, outputs) in zip(BLOCKS, pairwise(widths), strict=False):
        middle = min(inputs, outputs)
        made.spectral_layer(f"{block}.conv_0", (middle, inputs, 3, 3), middle)
        made.spectral_layer(f"{block}.conv_1", (outputs, middle, 3, 3), outputs)
        norms = [("0", inputs), ("1", middle)]
        if inputs != outputs:
            made.spectral_layer(f"{block}.conv_s", (outputs, inputs, 1, 1))
            norms.append(("s", inputs))
        for suffix, channels in norms:
            if what.clade:
                _clade(made, what, f"{block}.norm_{suffix}", channels)
            elif sean:
                _ace(made, what, f"{block}.ace_{suffix}", channels, plain=block == "up_3")
            else:
                _spade(made, what, f"{block}.norm_{suffix}", channels)
    made.layer("conv_img", (3, widths[-1], 3, 3), 3)
    return made


def _clade(made: Weights, what: Generator, name: str, channels: int) -> None:
    if what.running:
        made.running(f"{name}.param_free_norm", channels)
    for kind in ("weight", "bias"):
        made.tensors[f"{name}.class_specified_affine.{kind}"] = made.normal(what.channels, channels)


def _spade(made: Weights, what: Generator, name: str, channels: int) -> None:
    kernel = (what.kernel, what.kernel)
    if what.running:
        made.running(f"{name}.param_free_norm", channels)
    made.layer(f"{name}.mlp_shared.0", (what.hidden, what.channels, *kernel), what.hidden)
    made.layer(f"{name}.mlp_gamma", (channels, what.hidden, *kernel), channels)
    made.layer(f"{name}.mlp_beta", (channels, what.hidden, *kernel), channels)


def _ace(made: Weights, what: Generator, name: str, channels: int, plain: bool) -> None:
    made.tensors[f"{name}.blending_gamma"] = made.normal(1)
    made.tensors[f"{name}.blending_beta"] = made.normal(1)
    made.tensors[f"{name}.noise_var"] = made.normal(channels)
    _spade(made, what, f"{name}.Spade", channels)
    if what.ace_running:
        made.running(f"{name}.param_free_norm", channels)
    if plain:
        return
    for label in range(what.linears or what.channels):
        made.layer(f"{name}.fc_mu{label}", (what.styles, what.styles), what.styles)
    kernel = (what.style_kernel, what.style_kernel)
    made.layer(f"{name}.conv_gamma", (channels, what.styles, *kernel), channels)
    made.layer(f"{name}.conv_beta", (channels, what.styles, *kernel), channels)


def discriminator(
    channels: int,
    width: int = 4,
    layers: int = 4,
    scales: int = 2,
    norm: str = "instance",
    spectral: bool = True,
) -> Weights:
    """`channels` of the label map alone."""
    made = Weights(3, spectral)
    widths = [width * 2**index for index in range(layers)]
    for scale in range(scales):
        name = f"discriminator_{scale}"
        made.layer(f"{name}.model0.0", (width, channels + 3, 4, 4), width)
        for index, (inputs, outputs) in enumerate(pairwise(widths), start=1):
            made.normed_conv(f"{name}.model{index}.0", (outputs, inputs, 4, 4), norm)
        made.layer(f"{name}.model{layers}.0", (1, widths[-1], 4, 4), 1)
    return made


def image_encoder(width: int, styles: int, norm: str = "instance", spectral: bool = True) -> Weights:
    """The encoder of a VAE."""
    made = Weights(4, spectral)
    widths = [3, *(width * multiple for multiple in (1, 2, 4, 8, 8, 8))]
    for index, (inputs, outputs) in enumerate(pairwise(widths), start=1):
        made.normed_conv(f"layer{index}", (outputs, inputs, 3, 3), norm)
    made.layer("fc_mu", (styles, widths[-1] * 16), styles)
    made.layer("fc_var", (styles, widths[-1] * 16), styles)
    return made


def pix2pixhd_generator(
    channels: int,
    width: int = 4,
    halvings: int = 2,
    blocks: int = 2,
    kernel: int = 3,
    first_kernel: int = 7,
    norm: str = "instance",
    spectral: bool = True,
) -> Weights:
    """The global generator."""
    made = Weights(5, spectral)
    made.normed_conv("model.1", (width, channels, first_kernel, first_kernel), norm)
    place = 3
    for _ in range(halvings):
        made.normed_conv(f"model.{place}", (2 * width, width, 3, 3), norm)
        width, place = 2 * width, place + 2
    for _ in range(blocks):
        made.normed_conv(f"model.{place}.conv_block.1", (width, width, kernel, kernel), norm)
        made.normed_conv(f"model.{place}.conv_block.4", (width, width, kernel, kernel), norm)
        place += 1
    for _ in range(halvings):
        made.normed_conv(f"model.{place}", (width, width // 2, 3, 3), norm, transposed=True)
        width, place = width // 2, place + 2
    made.layer(f"model.{place + 1}", (3, width, 7, 7), 3)
    return made
