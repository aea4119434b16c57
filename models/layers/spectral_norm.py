"""Spectral normalisation (Miyato et al. 2018, algorithm 1), in the order of the published weights."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrize import register_parametrization

EPS = 1e-12


class SpectralNorm(nn.Module):
    """W / sigma with sigma = u^T W v; in training one power iteration first.

    An iteration is v = W^T u, then u = W v, each normalised.

    torch's own parametrization takes u first. Both go to the same limit, but the sigma of a step differs,
    and with it every number of a training that starts from published weights.
    """

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, output_axis: int) -> None:
        super().__init__()
        self.output_axis = output_axis
        matrix = self._matrix(weight.detach())
        self.register_buffer("_u", F.normalize(torch.randn_like(matrix[:, 0]), dim=0, eps=EPS))
        self.register_buffer("_v", F.normalize(torch.randn_like(matrix[0]), dim=0, eps=EPS))
        for _ in range(15):
            self._iterate(matrix)

    def _matrix(self, weight: Tensor) -> Tensor:
        return weight.transpose(0, self.output_axis).flatten(1)  # (outputs, all the rest)

    @torch.no_grad()
    def _iterate(self, matrix: Tensor) -> None:
        self._v.copy_(F.normalize(matrix.mT @ self._u, dim=0, eps=EPS))
        self._u.copy_(F.normalize(matrix @ self._v, dim=0, eps=EPS))

    def forward(self, weight: Tensor) -> Tensor:
        matrix = self._matrix(weight)
        if self.training:
            self._iterate(matrix)
        # Cloned, so that a second forward may move the vectors before the first one's backward.
        u, v = self._u.clone(), self._v.clone()
        return weight / (u @ (matrix @ v))


def spectral_norm(layer: nn.Module) -> nn.Module:
    """The layer with its weight under spectral norm; outputs are rows (columns, if it is transposed)."""
    axis = 1 if isinstance(layer, nn.ConvTranspose2d) else 0
    assert isinstance(layer.weight, Tensor)
    register_parametrization(layer, "weight", SpectralNorm(layer.weight, axis))
    return layer
