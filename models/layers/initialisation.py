"""Initial weights of the generator, the encoder and the discriminator."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from models.kernels.conv import GammaBetaConv2d
from models.layers.class_linear import ClassLinear

GAIN = 0.02
DEVIATION = 0.02


@torch.no_grad()
def xavier(network: nn.Module, gain: float = GAIN) -> None:
    """Xavier normal weights of the given gain and zero biases, in every convolution and linear layer.

    Glorot & Bengio 2010, eq. 16: std = gain * sqrt(2 / (fan_in + fan_out)), as the published SPADE
    code sets it (gain 0.02). A layer under spectral norm has its unnormalised weight set.
    """
    for module in products(network):
        for part in separate_weights(module):
            nn.init.xavier_normal_(part, gain)


@torch.no_grad()
def normal(network: nn.Module, deviation: float = DEVIATION) -> None:
    """Normal weights of mean 0 and the given standard deviation, and zero biases, in the same layers.

    Radford et al. 2016; Isola et al. 2017, section 6.2; Wang et al. 2018.
    """
    for module in products(network):
        nn.init.normal_(unnormalised_weight(module), 0.0, deviation)


def products(network: nn.Module) -> Iterator[nn.Module]:
    """Convolutions and linear layers, their biases set to zero."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear | ClassLinear):
            if module.bias is not None:
                nn.init.zeros_(module.bias)
            yield module


def separate_weights(module: nn.Module) -> tuple[Tensor, ...]:
    """The weights of the layers that are computed as one product in this module, each a view of its own."""
    weight = unnormalised_weight(module)
    if isinstance(module, GammaBetaConv2d):
        return weight.chunk(GammaBetaConv2d.PARTS)
    return weight.unbind() if isinstance(module, ClassLinear) else (weight,)


def unnormalised_weight(module: nn.Module) -> Tensor:
    """The parameter itself, where a parametrization (spectral norm) stands before `module.weight`."""
    if "parametrizations" in module._modules:
        return module.parametrizations.weight.original  # type: ignore[union-attr, return-value]
    return module.weight  # type: ignore[return-value]


INITIALISATIONS: dict[str, Callable[[nn.Module], None]] = {"xavier": xavier, "normal": normal}
"""Initial weights by name."""
