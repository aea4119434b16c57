"""Whether a release's image is that of the slow reference network."""

from __future__ import annotations

import torch
from torch import Tensor

from models.official import OfficialRelease
from tests.models.official import networks
from tests.references import official_spade as reference
from tests.references import official_weights as made_up

ATOL = 2e-4


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
    facts = release.generator
    labels = maps_of_ids(facts.classes, size)
    instances, edges = borders(size) if facts.edges else (None, None)
    player = networks.G(release)
    ours = player.generator(player.condition(labels, instances, codes))
    maps = reference.semantics(labels, facts.classes, edges)
    theirs = reference.generator(weights.tensors, maps, facts.upsampling, facts.stem_size, codes)
    assert theirs.std() > 0.01
    torch.testing.assert_close(ours, theirs, rtol=0, atol=ATOL)
