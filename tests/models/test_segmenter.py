"""The small segmenter's pyramid against its sum written out; what is frozen stays so."""

import pytest
import torch
import torch.nn.functional as F

from models.segmenter import Pyramid, PyramidSegmenter


@torch.no_grad()
def test_the_pyramid_adds_coarse_maps_to_fine_ones():
    torch.manual_seed(0)
    pyramid = Pyramid([2, 3], classes=4, width=5).eval()
    fine, coarse = torch.randn(1, 2, 6, 8), torch.randn(1, 3, 3, 4)
    top = pyramid.smooth[1](pyramid.laterals[1](coarse))
    below = pyramid.smooth[0](
        pyramid.laterals[0](fine) + F.interpolate(top, (6, 8), mode="bilinear", align_corners=False)
    )
    torch.testing.assert_close(pyramid([fine, coarse]), pyramid.scores(below))


@pytest.mark.parametrize("size", [(32, 32), (45, 70)])
def test_any_size_and_only_the_pyramid_learns(size):
    network = PyramidSegmenter(classes=5, width=4).train()
    before = [tensor.clone() for tensor in network.backbone.state_dict().values()]
    scores = network(torch.rand(2, 3, *size) * 2 - 1)
    assert scores.shape == (2, 5, *size)
    scores.square().mean().backward()
    assert all(parameter.grad is not None for parameter in network.pyramid.parameters())
    assert all(parameter.grad is None for parameter in network.backbone.parameters())
    assert all(torch.equal(*pair) for pair in zip(before, network.backbone.state_dict().values()))
