"""SPADE and SEAN as they were published: what every ratio of the benchmark is taken against.

Written from the papers, with the weights of our networks and torch's own layers. The label map is one-hot and
resized for every norm, gamma and beta are two convolutions of it, SEAN carries each style code to its region
class by class, and the training step is that of the official code.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
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
from models.kernels.conv import GammaBetaConv2d
from models.layers.residual import ResidualBlock
from models.layers.spectral_norm import EPS, SpectralNorm
from models.losses import ADVERSARIAL_LOSSES
from models.losses.patch import discriminate, feature_matching
from models.norms.noisy_spade import NoisySpade
from models.norms.sean import Sean
from models.norms.spade import Spade
from models.norms.statistics import InstanceStatistics

SLOPE = 0.2
HINGE = ADVERSARIAL_LOSSES["hinge"]
FEATURE_MATCHING_WEIGHT = 10
BETAS = (0.0, 0.9)


@dataclass
class OneHotMaps:
    """The one-hot label map at full size, (B, K or K + 1, H, W), that all norms of a pass see."""

    maps: Tensor | None = None


class PublishedSpade(nn.Module):
    """Park et al. 2019, eq. 1: standardise(x) * (1 + gamma) + beta."""

    def __init__(self, spade: Spade, one_hot: OneHotMaps) -> None:
        super().__init__()
        self.one_hot = one_hot
        self.standardise = spade.standardise
        self.noise = spade.noise if isinstance(spade, NoisySpade) else None
        self.shared = spade.shared
        self.gamma, self.beta = halves(spade.pair)

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        """Feature maps (B, C, H, W), the same shape out."""
        assert self.one_hot.maps is not None
        maps = F.interpolate(self.one_hot.maps, size=x.shape[2:], mode="nearest")  # (B, K, H, W)
        x = x if self.noise is None else self.noise(x, condition.rng)
        gamma, beta = self.gamma_beta(maps, condition)
        return self.standardise(x) * (1 + gamma) + beta

    def gamma_beta(self, maps: Tensor, condition: Condition) -> tuple[Tensor, Tensor]:
        """Gamma and beta of each pixel, (B, C, H, W) each."""
        activation = F.relu(self.shared(maps))  # (B, hidden, H, W)
        return self.gamma(activation), self.beta(activation)


class PublishedSean(PublishedSpade):
    """Zhu et al. 2020, section 3: SPADE's gamma and beta blended with those of a style map."""

    def __init__(self, sean: Sean, one_hot: OneHotMaps) -> None:
        super().__init__(sean, one_hot)
        self.style_linear = sean.style_linear
        self.style_gamma, self.style_beta = halves(sean.style_pair)
        self.blending_gamma, self.blending_beta = sean.blending_gamma, sean.blending_beta

    def gamma_beta(self, maps: Tensor, condition: Condition) -> tuple[Tensor, Tensor]:
        spade_gamma, spade_beta = super().gamma_beta(maps, condition)
        style_map = self.style_map(maps, condition)
        a_gamma, a_beta = torch.sigmoid(self.blending_gamma), torch.sigmoid(self.blending_beta)
        gamma = a_gamma * self.style_gamma(style_map) + (1 - a_gamma) * spade_gamma
        beta = a_beta * self.style_beta(style_map) + (1 - a_beta) * spade_beta
        return gamma, beta

    def style_map(self, maps: Tensor, condition: Condition) -> Tensor:
        """Each region's code at each of its pixels, (B, D, H, W): a class and a sample at a time."""
        codes, linear = condition.styles, self.style_linear
        assert codes is not None
        style_map = maps.new_zeros(len(maps), codes.shape[2], *maps.shape[2:])
        for sample in range(len(maps)):
            for label in range(codes.shape[1]):
                region = maps[sample, label].bool()
                pixels = int(region.sum())
                if pixels:
                    code = F.relu(F.linear(codes[sample, label], linear.weight[label], linear.bias[label]))
                    style_map[sample].masked_scatter_(region, code[:, None].expand(-1, pixels))
        return style_map


PUBLISHED = {Spade: PublishedSpade, NoisySpade: PublishedSpade, Sean: PublishedSean}


def halves(pair: GammaBetaConv2d) -> tuple[nn.Conv2d, nn.Conv2d]:
    """The convolutions of gamma and of beta that a joint one holds."""
    assert pair.bias is not None
    shape = (pair.in_channels, pair.out_channels // 2, pair.kernel_size, pair.stride, pair.padding)
    gamma, beta = (nn.Conv2d(*shape) for _ in range(2))  # type: ignore[arg-type]
    for conv, weight, bias in zip((gamma, beta), pair.weight.chunk(2), pair.bias.chunk(2)):
        conv.load_state_dict({"weight": weight, "bias": bias})
    return gamma, beta


class PublishedBlock(nn.Module):
    """Park et al. 2019, figure 4: conv(act(norm(conv(act(norm(x)))))) beside a shortcut."""

    def __init__(self, block: ResidualBlock, one_hot: OneHotMaps) -> None:
        super().__init__()
        assert not block.label_channels, "concatenated labels are not compared"
        places = "01s" if block.learned_shortcut else "01"
        norms = {place: getattr(block, f"norm_{place}") for place in places}
        self.norms = nn.ModuleDict(
            {place: PUBLISHED[type(norm)](norm, one_hot) for place, norm in norms.items()}
        )
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


class PublishedStep:
    """Updates the generator, makes the fake again, updates the discriminator; hinge loss, feature matching.

    The discriminator sees fake and real images in one batch. As published, unused gradients are computed: of
    the discriminator in the generator's update, of the fake in the discriminator's.
    """

    def __init__(self, G: ConditionalGenerator, D: Discriminator) -> None:
        self.G, self.D = G.train(), D.train()
        self.optimizer_G = torch.optim.Adam(G.parameters(), lr=1e-4, betas=BETAS)
        self.optimizer_D = torch.optim.Adam(D.parameters(), lr=4e-4, betas=BETAS)

    def __call__(self, condition: Callable[[], Condition], photo: Tensor) -> None:
        """One update of each network on photos (B, 3, H, W); `condition` makes their condition anew."""
        self.optimizer_G.zero_grad()
        fake = self.G(condition(), photo).fake
        fakes, reals = discriminate(self.D, fake, photo, condition())
        (HINGE.generator(fakes) + FEATURE_MATCHING_WEIGHT * feature_matching(fakes, reals)).backward()
        self.optimizer_G.step()

        self.optimizer_D.zero_grad()
        with torch.no_grad():
            fake = self.G(condition(), photo).fake
        fakes, reals = discriminate(self.D, fake.requires_grad_(), photo, condition())
        (HINGE.fake(fakes) + HINGE.real(reals)).backward()
        self.optimizer_D.step()
