"""The brick of networks with norms of their own."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from models.layers.normed_conv import PLAIN_NORMS, NormedConv


def test_instance_norm_with_affine_is_batch_norm_of_each_sample_alone() -> None:
    """In training and at test time, where pix2pix goes on with the statistics of its one image."""
    torch.manual_seed(0)
    ours, plain = PLAIN_NORMS["instance_affine"](5), nn.BatchNorm2d(5).train()
    nn.init.normal_(ours.scale)
    nn.init.normal_(ours.shift)
    plain.load_state_dict({"weight": ours.scale, "bias": ours.shift}, strict=False)
    x = torch.randn(3, 5, 6, 7) * 4 + 2
    expected = torch.cat([plain(sample[None]) for sample in x])
    for made in (ours.train()(x), ours.eval()(x)):
        torch.testing.assert_close(made, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("norm", PLAIN_NORMS)
def test_every_parameter_learns(norm: str) -> None:
    """A bias that the norm would take away is not there."""
    torch.manual_seed(0)
    brick = NormedConv(nn.Conv2d(2, 3, 3), norm, spectral=False)
    brick(torch.randn(2, 2, 6, 6)).pow(3).sum().backward()
    assert all(parameter.grad.abs().max() > 1e-4 for parameter in brick.parameters())
    assert (brick.conv.bias is None) == (norm != "none")


def test_an_unknown_norm_is_refused() -> None:
    with pytest.raises(ValueError, match="norm='group' is unknown here; choose one of instance"):
        NormedConv(nn.Conv2d(2, 3, 3), "group", spectral=False)
