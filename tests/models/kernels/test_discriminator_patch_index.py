"""The label map's share of a discriminator's first layers: convolutions of pooled one-hot maps."""

import pytest
import torch
import torch.nn.functional as F

from models.condition import Condition
from models.discriminators.multiscale import MultiscaleDiscriminator
from models.kernels.discriminator_patch_index import discriminator_patch_index

CLASSES = 5


@pytest.mark.parametrize("size", [(32, 48), (33, 27), (16, 16)])
@pytest.mark.parametrize("edges", [False, True])
@pytest.mark.parametrize("kind", ["regions", "random", "one class"])
def test_indexed_is_dense(size: tuple[int, int], edges: bool, kind: str) -> None:
    """Logits, features and gradients of three scales, in float64."""
    torch.manual_seed(0)
    height, width = size
    labels = {
        "regions": torch.randint(CLASSES, (2, 5, 6)).repeat_interleave(8, 1).repeat_interleave(8, 2),
        "random": torch.randint(CLASSES, (2, 40, 48)),
        "one class": torch.full((2, 40, 48), 2),
    }[kind][:, :height, :width]
    borders = torch.rand(2, height, width) < 0.1 if edges else None
    images = torch.randn(4, 3, height, width, dtype=torch.float64)
    made = MultiscaleDiscriminator(CLASSES, edges, width=4, layers=3, scales=3, norm="none").double().eval()
    results = []
    for made.implementation in ("dense", "indexed"):
        outputs = made(images, Condition(labels, borders))
        maps = [output.logits for output in outputs] + [map for output in outputs for map in output.features]
        total = torch.stack([map.square().sum() for map in maps]).sum()
        results.append([*maps, *torch.autograd.grad(total, list(made.parameters()))])
    for dense, indexed in zip(*results, strict=True):
        assert (indexed - dense).abs().max() <= 1e-11 * dense.abs().max()


def test_a_pooling_cell_is_the_mean_of_what_it_sees() -> None:
    """Against avg_pool2d without padding counted, by the sums that a table of unit rows gives."""
    torch.manual_seed(0)
    labels = torch.randint(CLASSES, (1, 9, 7))
    index = discriminator_patch_index(Condition(labels), CLASSES, 2, (4, 2, 2), (3, 2, 1))[1]
    table = torch.eye(CLASSES, dtype=torch.float64).repeat_interleave(
        16, 0
    )  # every tap returns the class itself
    one_hot = F.one_hot(labels, CLASSES).permute(0, 3, 1, 2).double()
    pooled = F.avg_pool2d(one_hot, 3, 2, 1, count_include_pad=False)
    summed = F.avg_pool2d(F.pad(pooled, (2, 2, 2, 2)), 4, 2, divisor_override=1)
    torch.testing.assert_close(index.convolve(table, None), summed)
