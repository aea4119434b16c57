"""The networks and the training step in the form in which they were published, with the weights of ours."""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

from models.condition import Condition, upsample
from models.conditional_generator import ConditionalGenerator
from models.discriminators.base import Discriminator, DiscriminatorOutput
from models.discriminators.multiscale import SLOPE, MultiscaleDiscriminator, PatchDiscriminator, halve
from models.generators.base import Generator
from models.generators.spade import SpadeGenerator
from models.layers.spectral_norm import EPS, SpectralNorm
from models.norms.sean import Sean
from models.norms.spade import Spade
from models.norms.statistics import InstanceStatistics
from scripts.benchmarking.published_norms import OneHotMaps, PublishedSean, PublishedSpade


class PublishedBlock(nn.Module):
    """A residual block after the up-sampling of its input."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.block = block

    def forward(self, x: Tensor, condition: Condition, size: tuple[int, int]) -> Tensor:
        """Feature maps (B, C_in, h, w) to (B, C_out, *size)."""
        return self.block(upsample(x, size), condition)


class PublishedGenerator(Generator):
    """SPADE's or SEAN's generator: contiguous, spectral norm evaluated in every pass, norms as published."""

    def __init__(self, generator: SpadeGenerator, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.seen = OneHotMaps()
        self.body = copy.deepcopy(generator)
        for module in list(self.body.modules()):
            for name, child in module.named_children():
                if isinstance(child, Sean):
                    setattr(module, name, PublishedSean(child, self.seen))
                elif isinstance(child, Spade):
                    setattr(module, name, PublishedSpade(child, self.seen))
        as_torch_has_them(self.body)
        self.body.blocks = nn.ModuleList(PublishedBlock(block) for block in self.body.blocks)
        self.to(memory_format=torch.contiguous_format)

    def forward(self, condition: Condition) -> Tensor:
        """An image in [-1, 1] of the condition's size, (B, 3, H, W)."""
        weight = next(self.parameters())
        self.seen.maps = condition.one_hot(self.classes, like=weight).contiguous()
        return self.body(condition)


def published_synthesiser(G: ConditionalGenerator, classes: int) -> ConditionalGenerator:
    """A copy with the generator in its published form, all weights contiguous."""
    generator = G.generator
    assert isinstance(generator, SpadeGenerator), "the norms of a SPADE generator are what is compared"
    encoder = as_torch_has_them(copy.deepcopy(G.encoder))
    published = ConditionalGenerator(PublishedGenerator(generator, classes), encoder, G.edges)
    return published.to(memory_format=torch.contiguous_format)


Network = TypeVar("Network", bound=nn.Module | None)


def as_torch_has_them(network: Network) -> Network:
    """The network, with torch's layers in place of those that we have made faster.

    Instance norm, convolutions, and spectral norm, which the official code takes from torch.nn.utils as well.
    """
    for module in () if network is None else tuple(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, InstanceStatistics):
                setattr(module, name, nn.InstanceNorm2d(child.channels))
            elif isinstance(child, nn.Conv2d):
                setattr(module, name, published_conv(child))
    return network


def published_conv(conv: nn.Conv2d) -> nn.Conv2d:
    """torch's convolution with the numbers of ours, under torch's spectral norm where ours is under ours."""
    geometry = (conv.kernel_size, conv.stride, conv.padding, conv.dilation, conv.groups)
    plain = nn.Conv2d(
        conv.in_channels,
        conv.out_channels,
        *geometry,  # type: ignore[arg-type]
        bias=conv.bias is not None,
        padding_mode=conv.padding_mode,
    )
    if not parametrize.is_parametrized(conv, "weight"):
        plain.load_state_dict(conv.state_dict())
        return plain.train(conv.training)
    norm, weight = conv.parametrizations.weight[0], conv.parametrizations.weight.original  # type: ignore[index, union-attr]
    assert isinstance(norm, SpectralNorm) and isinstance(weight, Tensor)
    plain = nn.utils.spectral_norm(plain, eps=EPS)
    plain.load_state_dict(
        {"weight_orig": weight, "weight_u": norm._u, "weight_v": norm._v}
        | ({} if conv.bias is None else {"bias": conv.bias})
    )
    return plain.train(conv.training)


class PublishedDiscriminator(Discriminator):
    """The multiscale discriminator on one-hot maps and images in one tensor, fake and real in one batch."""

    def __init__(self, discriminator: MultiscaleDiscriminator) -> None:
        super().__init__()
        self.classes = discriminator.classes
        self.scales = as_torch_has_them(copy.deepcopy(discriminator.scales))
        self.to(memory_format=torch.contiguous_format)

    def forward(self, images: Tensor, condition: Condition) -> list[DiscriminatorOutput]:
        """One output a scale; `images` (n B, 3, H, W) hold n images for each of B conditions, in turn."""
        maps = condition.one_hot(self.classes, like=images).contiguous()  # (B, K, H, W)
        x = torch.cat([maps.repeat(len(images) // len(maps), 1, 1, 1), images], dim=1)
        outputs = []
        for index, scale in enumerate(self.scales):
            assert isinstance(scale, PatchDiscriminator)
            x = halve(x) if index else x
            outputs.append(self._judged(scale, x))
        return outputs

    @staticmethod
    def _judged(scale: PatchDiscriminator, x: Tensor) -> DiscriminatorOutput:
        features = [F.leaky_relu(scale.first(x), SLOPE)]
        for layer in scale.hidden:
            features.append(layer(features[-1]))
        return DiscriminatorOutput(scale.to_logits(features[-1]), features)
