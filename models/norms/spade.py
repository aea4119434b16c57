"""SPADE: spatially-adaptive normalisation (Park et al. 2019, eq. 1)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition
from models.kernels.conv import Conv2d
from models.kernels.dispatch import is_pair_indexed
from models.kernels.gamma_beta_conv import GammaBetaConv2d
from models.kernels.indexed_conv import convolve_ids, convolve_rows
from models.kernels.modulation import ModulationTable
from models.kernels.patch_index import PatchIndex
from models.norms.norm import ConditionalNorm
from models.norms.statistics import Standardise


class Spade(ConditionalNorm):
    """y = (1 + gamma(m)) * (x - mean) / std + beta(m), a pair for each pixel from the label map m.

    gamma and beta are two convolutions on a shared one:
    a = ReLU(conv(one_hot(m))), gamma = conv(a), beta = conv(a), all of kernel size k.
    Park et al. 2019, eq. 1 and figure 2; statistics over any axes, without affine.

    Good: the layout survives normalisation, at every resolution. Bad: most of a generator's
    arithmetic is spent on the label map.

    `classes`: K, the unknown class included; `edges`: the condition carries instance borders;
    `hidden`: width of the shared convolution (128 in the paper); `kernel_size`: odd; `implementation`: how it
    is computed, with the same result: `dense` convolutions of one-hot maps, `indexed`, once for each
    distinct neighbourhood (see `models.kernels.indexed_conv`), or `auto`, the cheaper one.
    """

    sees_labels = True

    def __init__(
        self,
        channels: int,
        standardise: Standardise,
        classes: int,
        edges: bool = False,
        kernel_size: int = 3,
        hidden: int = 128,
        implementation: str = "auto",
    ) -> None:
        super().__init__(standardise)
        if kernel_size % 2 == 0:
            raise ValueError(f"norm.kernel_size={kernel_size} is even: a pixel needs a centre; use 1, 3 or 5")
        self.classes = classes
        self.kernel_size = kernel_size
        self.implementation = implementation
        padding = kernel_size // 2
        self.shared = Conv2d(classes + edges, hidden, kernel_size, padding=padding)
        self.pair = GammaBetaConv2d(hidden, channels, kernel_size, padding=padding)

    def modulation(self, condition: Condition) -> tuple[Tensor, Tensor]:
        maps = condition.one_hot(self.classes, like=self.shared.weight)  # (B, K, H, W)
        activation = F.relu(self.shared(maps))  # (B, hidden, H, W)
        gamma, beta = self.pair(activation).chunk(2, dim=1)  # (B, C, H, W) each
        return 1 + gamma, beta

    def modulation_table(self, condition: Condition) -> ModulationTable | None:
        if not is_pair_indexed(self.implementation, condition, self.classes, *self.label_convs()):
            return None
        index = condition.index(self.classes, self.kernel_size)
        return ModulationTable(self.rows(condition, index), index.second_to_pixels)

    def label_convs(self) -> tuple[nn.Conv2d, ...]:
        """The convolutions that see label maps, or what is known of them."""
        return self.shared, self.pair

    def rows(self, condition: Condition, index: PatchIndex) -> Tensor:
        """Scale and shift of each distinct neighbourhood side by side, (N, 2 C)."""
        has_edges = condition.edges is not None
        activation = F.relu(convolve_ids(self.shared, self.classes, has_edges, index.ids_to_first))
        return convolve_rows(self.pair, activation, index.first_to_second, scale_and_shift_bias(self.pair))


def scale_and_shift_bias(pair: GammaBetaConv2d) -> Tensor:
    """The bias of gamma and beta (2 C,) as that of scale and shift: scale = 1 + gamma."""
    assert pair.bias is not None
    gamma, beta = pair.bias.chunk(2)
    return torch.cat([1 + gamma, beta])
