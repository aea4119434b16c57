"""The small segmenter's pyramid and its blocks against their sums written out; what is frozen stays so."""

import pytest
import torch
import torch.nn.functional as F

from models.segmenter import Pyramid, PyramidSegmenter, ResidualBackbone, ResidualBlock


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


@torch.no_grad()
def test_a_residual_block_adds_its_shortcut():
    torch.manual_seed(0)
    block = ResidualBlock(3, 5).eval()
    x = torch.randn(2, 3, 7, 8)

    def conv_norm(layers, x):
        conv, norm = layers
        y = F.conv2d(x, conv.weight, stride=conv.stride, padding=conv.padding)
        return F.batch_norm(y, norm.running_mean, norm.running_var, norm.weight, norm.bias)

    expected = conv_norm(block.second, conv_norm(block.first, x).clamp(min=0)) + conv_norm(block.shortcut, x)
    torch.testing.assert_close(block(x), expected.clamp(min=0))


def test_the_backbone_from_scratch_has_the_sizes_of_the_pretrained_one():
    photo = torch.zeros(1, 3, 45, 70)
    pretrained = PyramidSegmenter(classes=2, width=4).backbone
    sizes = [(each.shape[-2], each.shape[-1]) for each in pretrained(photo)]
    found = ResidualBackbone()(photo)
    assert [(each.shape[-2], each.shape[-1]) for each in found] == sizes
    assert [each.shape[1] for each in found] == list(ResidualBackbone.channels)


def test_without_a_pretrained_backbone_all_of_it_learns():
    network = (
        PyramidSegmenter(classes=5, width=4, backbone="none").to(memory_format=torch.channels_last).train()
    )
    network(torch.rand(2, 3, 45, 70) * 2 - 1).square().mean().backward()
    assert network.trained is network
    assert all(parameter.grad is not None for parameter in network.parameters())
