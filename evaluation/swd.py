"""Sliced Wasserstein distance of Laplacian pyramids: how alike two sets of pictures are, scale by scale.

Karras et al., "Progressive Growing of GANs for Improved Quality, Stability, and Variation", 2018, section 5;
Rabin et al., "Wasserstein Barycenter and its Application to Texture Mixing", 2011, for the distance. There is
no network in it, so no loss or discriminator can flatter it. Each picture gives the same number of patches of
7×7 pixels from each level of its Laplacian pyramid (Burt & Adelson 1983), from full size down to 16 pixels on
the shorter side. Patches of a level are standardised by colour, each set by itself, and projected on random
directions; on each, the distance of the two sets is the mean difference of their sorted values:

    SWD = 1000 · mean over directions d of ∫ |F⁻¹(q) − G⁻¹(q)| dq,   F, G: the distributions of x·d, y·d

The finest level shows texture and noise, the coarsest layout and colour. As the paper prints it, times 1000.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

SIDE, PATCHES = 7, 128
"""Pixels of a patch's side, and patches of a picture at each level, as in the paper."""
LEAST_SIDE = 16
"""Of the coarsest level, in pixels."""
DIRECTIONS, BLOCK = 512, 128
"""The paper's 4 repeats of 128 directions; one repeat is in memory at a time."""
SEED, PLACES = 0, 4096
"""Of places and directions, which are the same in every evaluation; rows of the table of places."""


class PyramidPatches(NamedTuple):
    """What is compared of a set of N pictures of `height` × `width` pixels.

    `patches`: (N, levels, `PATCHES`, 3, `SIDE`, `SIDE`) float16, finest level first, on the host.
    """

    height: int
    width: int
    patches: Tensor

    def scales(self) -> list[str]:
        """The sizes of the levels, width × height, finest first: 128x96, 64x48, 32x24."""
        halvings = range(self.patches.shape[1])
        return [f"{-(-self.width // 2**level)}x{-(-self.height // 2**level)}" for level in halvings]


class PatchCollector(Metric):
    """Collects the patches of a set of pictures, over all processes, in any order.

    Where they are cut depends on a picture's name alone, so that a generated picture and its photo give the
    same places, and batches and processes do not show. Values are rounded to float16, to one part in 2000:
    at 256×256, 190 kB a picture, 375 MB for 2,000, and as much again while they are joined. A process that
    collected two such sets held 3.3 GB at most, with what the allocator did not get back.
    """

    full_state_update = False
    patches: list[Tensor]
    sizes: list[Tensor]

    def __init__(self) -> None:
        super().__init__(dist_sync_fn=_gather, compute_with_cache=False)
        self.add_state("patches", [], dist_reduce_fx="cat")
        self.add_state("sizes", [], dist_reduce_fx="cat")
        random = torch.Generator().manual_seed(SEED)
        self._places = torch.rand(PLACES, PATCHES, 2, generator=random)

    def update(self, pictures: Tensor, names: Sequence[str]) -> None:
        """Adds pictures (B, 3, H, W) in [-1, 1], called `names`, with sides of `LEAST_SIDE` pixels or more.

        Raises ValueError where they are smaller, or of another size than the pictures before them.
        """
        height, width = pictures.shape[-2:]
        if min(height, width) < LEAST_SIDE:
            raise ValueError(
                f"pictures are {width}×{height}; swd takes at least {LEAST_SIDE}×{LEAST_SIDE} pixels"
            )
        size = torch.tensor([[height, width]])
        _check_sizes(torch.cat([*self.sizes[:1], size]))
        rows = torch.tensor([zlib.crc32(name.encode()) % PLACES for name in names])  # (B,)
        places = self._places[rows].to(pictures.device)  # (B, PATCHES, 2) in [0, 1)
        levels = [_cut(level, places) for level in laplacian_pyramid(pictures.float())]
        self.patches.append(torch.stack(levels, dim=1).half().cpu())
        self.sizes.append(size)

    def compute(self) -> PyramidPatches:
        """All of them; raises ValueError where processes had pictures of different sizes."""
        sizes = dim_zero_cat(self.sizes).long()  # (batches, 2)
        _check_sizes(sizes)
        height, width = sizes[0].tolist()
        return PyramidPatches(height, width, dim_zero_cat(self.patches))


def laplacian_pyramid(pictures: Tensor) -> list[Tensor]:
    """Levels (B, C, h, w) of pictures (B, C, H, W), finest first, sides halved and rounded up.

    Each but the last is what its own up-sampled half lacks; the last is the half itself.
    """
    levels, fine = [], pictures
    while min(fine.shape[-2:]) >= 2 * LEAST_SIDE - 1:
        coarse = _blurred(fine)[..., ::2, ::2]
        between = torch.zeros_like(fine)
        between[..., ::2, ::2] = coarse
        levels.append(fine - 4 * _blurred(between))  # three of four pixels between are zeros
        fine = coarse
    return [*levels, fine]


def sliced_wasserstein_distance(
    first: PyramidPatches, second: PyramidPatches, device: torch.device
) -> dict[str, float]:
    """The distances of two sets by scale, "128x96" for example, and their mean, under "".

    Where one set has more descriptors, its sorted values are read at as many evenly spaced quantiles as the
    other set has. 0 for a set and itself. `device`: where it is computed, a level at a time. Raises
    ValueError where the sets' pictures differ in size.
    """
    _check_sizes(torch.tensor([[first.height, first.width], [second.height, second.width]]))
    values = {
        scale: 1000
        * _distance(*(_standardised(each.patches[:, level].to(device)) for each in (first, second)))
        for level, scale in enumerate(first.scales())
    }
    return {"": sum(values.values()) / len(values)} | values


def _distance(x: Tensor, y: Tensor) -> float:
    """The sliced distance of descriptors (n, C) and (m, C)."""
    random = torch.Generator().manual_seed(SEED)
    directions = torch.randn(DIRECTIONS, x.shape[1], generator=random)
    directions = F.normalize(directions).to(x)  # (DIRECTIONS, C)
    count = min(len(x), len(y))
    total = 0.0
    for block in directions.split(BLOCK):
        a, b = (_quantiles((block @ each.T).sort(dim=1).values, count) for each in (x, y))
        total += float((a - b).abs().sum(dtype=torch.float64))
    return total / (DIRECTIONS * count)


def _quantiles(ascending: Tensor, count: int) -> Tensor:
    """Of rows (D, n) the inverse distribution function at (i + 1/2) / count, (D, count)."""
    middles = 2 * torch.arange(count, device=ascending.device) + 1
    return ascending[:, (middles * ascending.shape[1] - 1) // (2 * count)]


def _standardised(patches: Tensor) -> Tensor:
    """Patches (N, P, 3, h, w), each colour with mean 0 and deviation 1 over all, as (N·P, 3·h·w)."""
    x = patches.float().flatten(0, 1)  # (N·P, 3, h, w)
    deviation, mean = torch.std_mean(x, dim=(0, 2, 3), correction=0, keepdim=True)
    # A level without any detail has a deviation of 0, and stays 0.
    return ((x - mean) / deviation.clamp(min=1e-6)).flatten(1)


def _cut(level: Tensor, places: Tensor) -> Tensor:
    """Patches (B, P, C, SIDE, SIDE) of a level (B, C, h, w) at `places` (B, P, 2), in [0, 1) of it."""
    windows = level.unfold(2, SIDE, 1).unfold(3, SIDE, 1)  # (B, C, h', w', SIDE, SIDE), a view
    room = torch.tensor(windows.shape[2:4], device=level.device)
    rows, columns = (places * room).long().unbind(dim=-1)  # (B, P) each
    pictures = torch.arange(len(level), device=level.device)[:, None]
    return windows[pictures, :, rows, columns]


def _blurred(x: Tensor) -> Tensor:
    """By the binomial kernel [1 4 6 4 1] / 16 both ways, borders mirrored."""
    kernel = x.new_tensor([1, 4, 6, 4, 1]) / 16
    channels = x.shape[1]
    kernels = (kernel[:, None] * kernel).expand(channels, 1, 5, 5)
    return F.conv2d(F.pad(x, (2, 2, 2, 2), mode="reflect"), kernels, groups=channels)


def _check_sizes(sizes: Tensor) -> None:
    """Raises ValueError unless the rows (height, width) of `sizes` (n, 2) are the same."""
    other = sizes[(sizes != sizes[0]).any(dim=1)]
    if len(other):
        (height, width), (other_height, other_width) = sizes[0].tolist(), other[0].tolist()
        raise ValueError(
            f"swd compares pictures of one size; there are {width}×{height} and {other_width}×{other_height}:"
            " resize them (pairs.height=... pairs.width=...), or choose metrics without swd"
        )


def _gather(state: Tensor, group: dist.ProcessGroup | None = None) -> list[Tensor]:
    """A state of all processes, as an object: patches are on the host, which NCCL does not reach."""
    gathered: list[Tensor] = [state] * dist.get_world_size(group)
    dist.all_gather_object(gathered, state, group=group)
    return gathered
