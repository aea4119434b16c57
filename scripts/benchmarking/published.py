"""The networks and the training step in the form in which they were published, with the weights of ours."""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition, enlarged
from models.discriminators.multiscale import (
    SLOPE,
    DiscriminatorOutput,
    MultiscaleDiscriminator,
    PatchDiscriminator,
    halve,
)
from models.generators.spade import SpadeGenerator
from models.layers.spectral_conv import SpectralConv2d
from models.norms.sean import Sean
from models.norms.spade import Spade
from models.norms.statistics import InstanceStatistics
from models.synthesiser import Synthesiser
from scripts.benchmarking.published_norms import OneHotMaps, PublishedSean, PublishedSpade


class PublishedBlock(nn.Module):
    """A residual block after the up-sampling of its input."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.block = block

    def forward(self, x: Tensor, condition: Condition, size: tuple[int, int]) -> Tensor:
        """Feature maps (B, C_in, h, w) to (B, C_out, *size)."""
        return self.block(enlarged(x, size), condition)


class PublishedConv(nn.Module):
    """A convolution with the normalised weight, which is made in every pass."""

    def __init__(self, conv: SpectralConv2d) -> None:
        super().__init__()
        self.conv = conv

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps (B, C_in, H, W) to (B, C_out, H, W)."""
        return F.conv2d(x, self.conv.weight, self.conv.bias, padding=self.conv.padding)


class PublishedGenerator(nn.Module):
    """SPADE's or SEAN's generator: contiguous, spectral norm evaluated in every pass, norms as published."""

    def __init__(self, generator: SpadeGenerator, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.seen = OneHotMaps()
        self.body = copy.deepcopy(generator)
        for module in list(self.body.modules()):
            for name, child in module.named_children():
                if isinstance(child, SpectralConv2d):
                    setattr(module, name, PublishedConv(child))
                elif isinstance(child, Sean):
                    setattr(module, name, PublishedSean(child, self.seen))
                elif isinstance(child, Spade):
                    setattr(module, name, PublishedSpade(child, self.seen))
        self.body.blocks = nn.ModuleList(PublishedBlock(block) for block in self.body.blocks)
        self.to(memory_format=torch.contiguous_format)

    def forward(self, condition: Condition) -> Tensor:
        """An image in [-1, 1] of the condition's size, (B, 3, H, W)."""
        weight = next(self.parameters())
        self.seen.maps = condition.one_hot(self.classes, like=weight).contiguous()
        return self.body(condition)


def published_synthesiser(synthesiser: Synthesiser, classes: int) -> Synthesiser:
    """A copy with the generator in its published form, all weights contiguous."""
    generator = synthesiser.generator
    assert isinstance(generator, SpadeGenerator), "the norms of a SPADE generator are what is compared"
    encoder = with_instance_norm_of_torch(copy.deepcopy(synthesiser.encoder))
    published = Synthesiser(PublishedGenerator(generator, classes), encoder, synthesiser.edges)
    return published.to(memory_format=torch.contiguous_format)


Network = TypeVar("Network", bound=nn.Module | None)


def with_instance_norm_of_torch(network: Network) -> Network:
    """The network, whose instance statistics are torch's from now on: ours are made for channels last."""
    for module in () if network is None else tuple(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, InstanceStatistics):
                setattr(module, name, nn.InstanceNorm2d(child.channels))
    return network


class PublishedDiscriminator(nn.Module):
    """The multiscale discriminator on one-hot maps and images in one tensor, fake and real in one batch."""

    def __init__(self, discriminator: MultiscaleDiscriminator) -> None:
        super().__init__()
        self.classes = discriminator.classes
        self.scales = with_instance_norm_of_torch(copy.deepcopy(discriminator.scales))
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
