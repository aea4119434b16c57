"""The pass in blocks: the pairs of all pixels at once, and maps up-sampled before."""

import pytest
import torch
import torch.nn.functional as F

from models.kernels import modulation
from models.kernels.modulation import tiled_modulation


@pytest.mark.parametrize("block_bytes", [1, 3000, 2**21])
@pytest.mark.parametrize("factor", [1, 2, 4])
@pytest.mark.parametrize("slope", [None, 0.2])
def test_is_what_all_pixels_at_once_are(
    block_bytes: int, factor: int, slope: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modulation, "BLOCK_BYTES", block_bytes)
    torch.manual_seed(0)
    x = torch.randn(2, 5, 12 // factor, 8 // factor)
    rows, pixels = torch.randn(7, 10), torch.randint(7, (2, 12, 8))
    scale, shift = rows[pixels].permute(0, 3, 1, 2).chunk(2, dim=1)
    expected = scale * x.repeat_interleave(factor, 2).repeat_interleave(factor, 3) + shift
    if slope is not None:
        expected = F.leaky_relu(expected, slope)
    found = tiled_modulation(x, rows, pixels, slope)
    torch.testing.assert_close(found, expected)
    assert found.is_contiguous(memory_format=torch.channels_last)
