"""SPADE and SEAN computed as they were published: what every ratio of the benchmark is taken against.

Written from the papers. The label map is one-hot and resized for every norm, gamma and beta are two
convolutions of it, and SEAN carries each style code to its region class by class. Weights are those of ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition
from models.kernels.conv import GammaBetaConv2d
from models.norms.noisy_spade import NoisySpade
from models.norms.sean import Sean
from models.norms.spade import Spade


@dataclass
class OneHotMaps:
    """The one-hot label map at full size, (B, K or K + 1, H, W), that all norms of a pass look at."""

    maps: Tensor | None = None


def halves(pair: GammaBetaConv2d) -> tuple[nn.Conv2d, nn.Conv2d]:
    """The two convolutions, of gamma and of beta, that a pair is."""
    assert pair.bias is not None
    channels = pair.out_channels // GammaBetaConv2d.PARTS
    convs = []
    for weight, bias in zip(pair.weight.split(channels), pair.bias.split(channels)):
        conv = nn.Conv2d(pair.in_channels, channels, pair.kernel_size, padding=pair.padding)  # type: ignore[arg-type]
        with torch.no_grad():
            conv.weight.copy_(weight)
            conv.bias.copy_(bias)  # type: ignore[union-attr]
        convs.append(conv)
    return convs[0], convs[1]


class PublishedSpade(nn.Module):
    """Park et al. 2019, eq. 1: standardise(x) * (1 + gamma) + beta."""

    def __init__(self, spade: Spade, seen: OneHotMaps) -> None:
        super().__init__()
        self.seen = seen
        self.standardise = spade.standardise
        self.noise = spade.noise if isinstance(spade, NoisySpade) else None
        self.shared = spade.shared
        self.gamma, self.beta = halves(spade.pair)

    def forward(
        self, x: Tensor, condition: Condition, slope: float | None = None, size: tuple[int, int] | None = None
    ) -> Tensor:
        """Feature maps (B, C, H, W), the same shape out; leaky ReLU after it where there is a `slope`."""
        assert size in (None, tuple(x.shape[2:])), "as published, maps are up-sampled between the blocks"
        assert self.seen.maps is not None
        maps = F.interpolate(self.seen.maps, size=x.shape[2:], mode="nearest")  # (B, K, H, W)
        x = x if self.noise is None else self.noise(x, condition.rng)
        gamma, beta = self.pair(maps, condition)
        y = self.standardise(x) * (1 + gamma) + beta
        return y if slope is None else F.leaky_relu(y, slope)

    def pair(self, maps: Tensor, condition: Condition) -> tuple[Tensor, Tensor]:
        """Gamma and beta of each pixel, (B, C, H, W) each."""
        activation = F.relu(self.shared(maps))  # (B, hidden, H, W)
        return self.gamma(activation), self.beta(activation)


class PublishedSean(PublishedSpade):
    """Zhu et al. 2020, section 3: SPADE's pair blended with that of a style map."""

    def __init__(self, sean: Sean, seen: OneHotMaps) -> None:
        super().__init__(sean, seen)
        self.style_linear = sean.style_linear
        self.style_gamma, self.style_beta = halves(sean.style_pair)
        self.blending_gamma, self.blending_beta = sean.blending_gamma, sean.blending_beta

    def pair(self, maps: Tensor, condition: Condition) -> tuple[Tensor, Tensor]:
        spade_gamma, spade_beta = super().pair(maps, condition)
        style_map = self.style_map(maps, condition)
        gamma_weight, beta_weight = torch.sigmoid(self.blending_gamma), torch.sigmoid(self.blending_beta)
        gamma = gamma_weight * self.style_gamma(style_map) + (1 - gamma_weight) * spade_gamma
        beta = beta_weight * self.style_beta(style_map) + (1 - beta_weight) * spade_beta
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
                    shown = code[:, None].expand(-1, pixels)
                    style_map[sample].masked_scatter_(region, shown)
        return style_map
