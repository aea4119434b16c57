"""From a trained network to one that only generates."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from models.conditional_generator import ConditionalGenerator
from models.kernels.inference.constant_conv import ConstantConv, arranged_conv
from models.kernels.inference.constant_norms import constant_norm
from models.norms.norm import ConditionalNorm

FEWEST_WEIGHTS = 2**12
"""Smaller convolutions are not worth arranging."""


class ConstantConv2d(nn.Module):
    """A convolution whose weights are arranged once; see `constant_conv`."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.weight = conv.weight  # others ask for its type
        self.arranged = arranged_conv(conv)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (B, C_in, H, W) to (B, C_out, h, w)."""
        return self.arranged(x.to(self.weight.dtype))


def prepare_for_inference(G: ConditionalGenerator, dtype: torch.dtype | None = None) -> ConditionalGenerator:
    """The generator made ready, in place: the same images to rounding, for less work, and no training.

    Spectral norm becomes a constant weight, batch norm a part of scale and shift, and convolutions get their
    weights arranged. `dtype`: what weights and maps are kept in; None leaves them. It must be in eval mode,
    on its device, in its memory layout.
    """
    assert not G.training, "batch statistics must be constants: call eval() first"
    G.requires_grad_(False)
    replace_layers(G, plain_layer)
    replace_layers(G, lambda layer: constant_norm(layer) if isinstance(layer, ConditionalNorm) else layer)
    if dtype is not None:
        G.to(dtype)
    replace_layers(G, arranged_layer)
    return G


def replace_layers(network: nn.Module, replacement: Callable[[nn.Module], nn.Module]) -> None:
    """Puts `replacement` of each layer in its place; convolutions of norms made ready have seen to it."""
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if not isinstance(module, ConstantConv) and (new := replacement(child)) is not child:
                setattr(module, name, new)


def plain_layer(layer: nn.Module) -> nn.Module:
    """A layer with a normalised weight as a copy with its present weight; others as they are.

    Not by `remove_parametrizations`: copies of a network share the class that it changes, and would break.
    """
    if not parametrize.is_parametrized(layer, "weight"):
        return layer
    plain_class = parametrize.type_before_parametrizations(layer)
    plain: nn.Module = plain_class.__new__(plain_class)  # type: ignore[call-overload]
    plain.__dict__ = {name: copy.copy(value) for name, value in vars(layer).items()}
    del plain.parametrizations
    assert isinstance(layer.weight, Tensor)
    plain.weight = nn.Parameter(layer.weight.detach(), requires_grad=False)
    return plain


def arranged_layer(layer: nn.Module) -> nn.Module:
    """A large convolution that pads with zeros with its weights arranged; others as they are."""
    if not isinstance(layer, nn.Conv2d) or layer.padding_mode != "zeros":
        return layer
    return layer if layer.weight.numel() < FEWEST_WEIGHTS else ConstantConv2d(layer)
