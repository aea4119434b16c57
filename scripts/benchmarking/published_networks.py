"""Generator and discriminator as they were published, with the weights of ours and torch's own layers."""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

from models.condition import Condition
from models.conditional_generator import ConditionalGenerator
from models.discriminators import Discriminator, DiscriminatorOutput, MultiscaleDiscriminator
from models.generators import Generator
from models.generators.spade import SpadeGenerator
from models.layers.residual import ResidualBlock
from models.layers.spectral_norm import EPS, SpectralNorm
from models.norms.statistics import InstanceStatistics
from scripts.benchmarking.published_norms import OneHotMaps, published_norm

SLOPE = 0.2


class PublishedBlock(nn.Module):
    """Park et al. 2019, figure 4: conv(act(norm(conv(act(norm(x)))))) beside a shortcut."""

    def __init__(self, block: ResidualBlock, one_hot: OneHotMaps) -> None:
        super().__init__()
        assert not block.label_channels, "concatenated labels are not compared"
        places = "01s" if block.learned_shortcut else "01"
        norms = {place: published_norm(getattr(block, f"norm_{place}"), one_hot) for place in places}
        self.norms = nn.ModuleDict(norms)
        self.convs = nn.ModuleDict({place: getattr(block, f"conv_{place}") for place in places})

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        """Feature maps (B, C_in, H, W) to (B, C_out, H, W)."""
        dx = self.convs["0"](F.leaky_relu(self.norms["0"](x, condition), SLOPE))
        dx = self.convs["1"](F.leaky_relu(self.norms["1"](dx, condition), SLOPE))
        return (self.convs["s"](self.norms["s"](x, condition)) if "s" in self.convs else x) + dx


class PublishedGenerator(Generator):
    """SPADE's or SEAN's generator: contiguous, maps up-sampled between the blocks, norms as published."""

    def __init__(self, generator: SpadeGenerator, classes: int) -> None:
        super().__init__()
        generator = copy.deepcopy(generator)
        self.classes, self.multiple, self.doubles = classes, generator.multiple, generator.doubles
        self.one_hot = OneHotMaps()
        self.stem = generator.stem
        self.blocks = nn.ModuleList(PublishedBlock(block, self.one_hot) for block in generator.blocks)  # type: ignore[arg-type]
        self.to_rgb = generator.to_rgb
        with_torchs_layers(self)

    def forward(self, condition: Condition) -> Tensor:
        """An image in [-1, 1] of the condition's size, (B, 3, H, W)."""
        weight = next(self.parameters())
        self.one_hot.maps = condition.one_hot(self.classes, like=weight).contiguous()
        height, width = condition.size
        x = self.stem(condition, (height // self.multiple, width // self.multiple))
        for block, doubles in zip(self.blocks, self.doubles, strict=True):
            x = block(x, condition)
            x = F.interpolate(x, scale_factor=2, mode="nearest") if doubles else x
        return torch.tanh(self.to_rgb(F.leaky_relu(x, SLOPE)))


class PublishedDiscriminator(Discriminator):
    """The multiscale discriminator on one-hot maps and images in one tensor, fake and real in one batch."""

    def __init__(self, discriminator: MultiscaleDiscriminator) -> None:
        super().__init__()
        self.classes = discriminator.classes
        self.scales = with_torchs_layers(copy.deepcopy(discriminator.scales))

    def forward(self, images: Tensor, condition: Condition) -> list[DiscriminatorOutput]:
        """One output a scale; `images` (n B, 3, H, W) hold n images for each of B conditions, in turn."""
        maps = condition.one_hot(self.classes, like=images).contiguous()  # (B, K, H, W)
        x = torch.cat([maps.repeat(len(images) // len(maps), 1, 1, 1), images], dim=1)
        outputs = []
        for index, scale in enumerate(self.scales):
            x = F.avg_pool2d(x, 3, 2, 1, count_include_pad=False) if index else x
            features = [F.leaky_relu(scale.first(x), SLOPE)]  # type: ignore[operator]
            for layer in scale.hidden:  # type: ignore[union-attr]
                features.append(layer(features[-1]))
            outputs.append(DiscriminatorOutput(scale.to_logits(features[-1]), features))  # type: ignore[operator]
        return outputs


def published_generator(G: ConditionalGenerator, classes: int) -> ConditionalGenerator:
    """A copy of a SPADE or SEAN generator with its encoder, both in their published form."""
    assert isinstance(G.generator, SpadeGenerator), "the norms of a SPADE generator are what is compared"
    encoder = None if G.encoder is None else with_torchs_layers(copy.deepcopy(G.encoder))
    return ConditionalGenerator(PublishedGenerator(G.generator, classes), encoder, G.edges)


Network = TypeVar("Network", bound=nn.Module)


def with_torchs_layers(network: Network) -> Network:
    """The network, contiguous, with torch's layers in place of those that we have made faster.

    Instance norm, convolutions, and spectral norm, which the official code takes from torch.nn.utils as well.
    """
    for module in tuple(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, InstanceStatistics):
                setattr(module, name, nn.InstanceNorm2d(child.channels))
            elif isinstance(child, nn.Conv2d):
                setattr(module, name, torchs_conv(child))
    return network.to(memory_format=torch.contiguous_format)


def torchs_conv(conv: nn.Conv2d) -> nn.Conv2d:
    """torch's convolution with the weights of ours, under torch's spectral norm where ours is under ours."""
    plain = nn.Conv2d(
        conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding,  # type: ignore[arg-type]
        bias=conv.bias is not None, padding_mode=conv.padding_mode,
    ).train(conv.training)  # fmt: skip
    if not parametrize.is_parametrized(conv, "weight"):
        plain.load_state_dict(conv.state_dict())
        return plain
    norm, weight = conv.parametrizations.weight[0], conv.parametrizations.weight.original  # type: ignore[index, union-attr]
    assert isinstance(norm, SpectralNorm) and isinstance(weight, Tensor)
    plain = nn.utils.spectral_norm(plain, eps=EPS)
    state = {"weight_orig": weight, "weight_u": norm._u, "weight_v": norm._v}
    plain.load_state_dict(state | ({} if conv.bias is None else {"bias": conv.bias}))
    return plain
