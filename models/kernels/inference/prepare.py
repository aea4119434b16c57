"""From a trained network to one that only generates."""

from __future__ import annotations

import copy

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

    Spectral norm becomes a constant weight, batch norm a part of scale and shift, and
    convolutions get their weights arranged. `dtype`: what weights and maps are kept in; None leaves them. It
    must be in eval mode, on its device, in its memory layout.
    """
    assert not G.training, "batch statistics must be constants: call eval() first"
    G.requires_grad_(False)
    fold_spectral_norm(G)
    for module in list(G.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, ConditionalNorm):
                setattr(module, name, constant_norm(child))
    if dtype is not None:
        G.to(dtype)
    arrange_convolutions(G)
    return G


def fold_spectral_norm(network: nn.Module) -> None:
    """Layers with a normalised weight become plain layers with that weight."""
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if parametrize.is_parametrized(child, "weight"):
                setattr(module, name, plain_layer(child))


def plain_layer(layer: nn.Module) -> nn.Module:
    """A copy of the layer with its present weight as a weight of its own.

    Not by `remove_parametrizations`: copies of a network share the class that it changes, and would break.
    """
    plain_class = parametrize.type_before_parametrizations(layer)
    plain: nn.Module = plain_class.__new__(plain_class)  # type: ignore[call-overload]
    plain.__dict__ = {name: copy.copy(value) for name, value in vars(layer).items()}
    del plain.parametrizations
    assert isinstance(layer.weight, Tensor)
    plain.weight = nn.Parameter(layer.weight.detach(), requires_grad=False)
    return plain


def arrange_convolutions(network: nn.Module) -> None:
    """Convolutions with zero padding take their weights arranged; those of norms have seen to it."""
    for module in list(network.modules()):
        if isinstance(module, ConstantConv):
            continue
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Conv2d) and can_be_arranged(child):
                setattr(module, name, ConstantConv2d(child))


def can_be_arranged(conv: nn.Conv2d) -> bool:
    """Whether it pads with zeros and is large enough to be worth it."""
    return conv.padding_mode == "zeros" and conv.weight.numel() >= FEWEST_WEIGHTS
