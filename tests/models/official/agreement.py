"""Whether a release's image is that of the slow reference network."""

from __future__ import annotations

import torch
from torch import Tensor

from models.official import OfficialRelease
from tests.models.official import networks
from tests.references import official_spade as reference
from tests.references import official_weights as made_up

ATOL = 2e-4
DOUBLINGS = {"normal": 5, "more": 6, "most": 7}


def maps_of_ids(count: int, size: tuple[int, int]) -> Tensor:
    return torch.randint(0, count, (2, *size), generator=torch.Generator().manual_seed(1))


def borders(size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Instances of 8x8 pixels, and where they meet."""
    rows, columns = torch.arange(size[0])[:, None], torch.arange(size[1])[None]
    instances = (rows // 8 * 100 + columns // 8).expand(2, *size)
    edges = torch.zeros(2, *size, dtype=torch.bool)
    edges[:, (rows[:, 0] % 8 == 7) & (rows[:, 0] < size[0] - 1)] = True
    edges[:, (rows[:, 0] % 8 == 0) & (rows[:, 0] > 0)] = True
    edges[:, :, (columns[0] % 8 == 7) & (columns[0] < size[1] - 1)] = True
    edges[:, :, (columns[0] % 8 == 0) & (columns[0] > 0)] = True
    return instances, edges


@torch.no_grad()
def agrees(
    release: OfficialRelease, weights: made_up.Weights, size: tuple[int, int], codes: Tensor | None = None
) -> None:
    """The release's image of a random label map is the reference's; and the two are not flat."""
    setup, upsampling = release.setup, release.networks["generator"]["upsampling"]
    labels = maps_of_ids(setup.classes, size)
    instances, edges = borders(size) if setup.edges else (None, None)
    G = networks.G(release)
    ours = G.generator(G.condition(labels, instances, codes))
    maps = reference.semantics(labels, setup.classes, edges)
    latent = None
    if codes is not None and codes.dim() == 2:  # a VAE's stem has the size of the smallest maps
        latent = tuple(side // 2 ** DOUBLINGS[upsampling] for side in size)
    theirs = reference.generator(weights.tensors, maps, upsampling, latent, codes)
    assert theirs.std() > 0.01
    torch.testing.assert_close(ours, theirs, rtol=0, atol=ATOL)
