"""SPADE and SEAN computed as they were published: what every ratio of the benchmark is taken against.

Written from the papers. The label map is one-hot and resized for every norm, gamma and beta are two
convolutions of it, and SEAN carries each style code to its region class by class. The weights are ours.
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
    """The one-hot label map at full size, (B, K or K + 1, H, W), that all norms of a pass see."""

    maps: Tensor | None = None


def published_norm(norm: nn.Module, one_hot: OneHotMaps) -> PublishedSpade:
    """A norm of ours, SPADE or SEAN, in its published form."""
    if isinstance(norm, Sean):
        return PublishedSean(norm, one_hot)
    assert isinstance(norm, Spade), "the benchmark compares SPADE and SEAN"
    return PublishedSpade(norm, one_hot)


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


def halves(pair: GammaBetaConv2d) -> tuple[nn.Conv2d, nn.Conv2d]:
    """The convolutions of gamma and of beta that a joint one holds."""
    assert pair.bias is not None
    shape = (pair.in_channels, pair.out_channels // 2, pair.kernel_size, pair.stride, pair.padding)
    gamma, beta = (nn.Conv2d(*shape) for _ in range(2))  # type: ignore[arg-type]
    for conv, weight, bias in zip((gamma, beta), pair.weight.chunk(2), pair.bias.chunk(2)):
        conv.load_state_dict({"weight": weight, "bias": bias})
    return gamma, beta
