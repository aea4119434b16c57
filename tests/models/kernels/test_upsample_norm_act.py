"""Norm, activation and up-sampling in one pass: what they are one after the other."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from models.condition import Condition
from models.kernels.upsample_norm_act import upsample_norm_act
from models.norms import NORMS, ConditionalNorm
from tests.models.norms.family import CASES, CLASSES, STYLE_WIDTH, build

SLOPE = 0.2


def condition(name: str) -> Condition:
    """Label maps (2, 16, 24): large enough for the indexed form, with few unique_patches."""
    torch.manual_seed(1)
    labels = torch.randint(CLASSES, (2, 2, 3)).repeat_interleave(8, 1).repeat_interleave(8, 2)
    shape = (2, CLASSES, STYLE_WIDTH) if NORMS[name].styles == "region" else (2, STYLE_WIDTH)
    styles = torch.randn(shape, dtype=torch.float64)
    return Condition(labels, torch.rand(2, 16, 24) < 0.1, styles, torch.tensor([2, 0]))


def gradients(y: Tensor, x: Tensor, norm: ConditionalNorm) -> list[Tensor]:
    along = torch.linspace(-1, 1, y.numel(), dtype=torch.float64).view(y.shape)
    return list(torch.autograd.grad((y * along).sum(), [x, *norm.parameters()], materialize_grads=True))


@pytest.mark.parametrize(("name", "statistics"), CASES)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("factor", [1, 2])
def test_is_three_layers(name: str, statistics: str, training: bool, factor: int) -> None:
    torch.manual_seed(0)
    norm = build(name, statistics).train(training)
    plain = copy.deepcopy(norm)
    if hasattr(norm, "implementation"):
        norm.implementation, plain.implementation = "indexed", "dense"
    x = torch.randn(2, norm.standardise.channels, 16 // factor, 24 // factor, dtype=torch.float64)
    x = (3 * x + 2).to(memory_format=torch.channels_last).requires_grad_()
    y = upsample_norm_act(norm, x, condition(name), SLOPE, (16, 24))
    large = x.repeat_interleave(factor, 2).repeat_interleave(factor, 3)
    expected = F.leaky_relu(plain(large, condition(name)), SLOPE)
    torch.testing.assert_close(y, expected, rtol=1e-9, atol=1e-9)
    for found, wanted in zip(gradients(y, x, norm), gradients(expected, x, plain), strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-8, atol=1e-8)
    for found, wanted in zip(norm.buffers(), plain.buffers(), strict=True):
        torch.testing.assert_close(found, wanted)


def test_nothing_as_large_as_the_maps_is_kept() -> None:
    """But the maps that went in and came out."""
    norm, kept = build("spade", "batch").train(), list[Tensor]()
    norm.implementation = "indexed"
    x = torch.randn(2, norm.standardise.channels, 16, 24, dtype=torch.float64, requires_grad=True)

    def keep(tensor: Tensor) -> Tensor:
        kept.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        y = upsample_norm_act(norm, x, condition("spade"), SLOPE, (16, 24))
    large = {tensor.data_ptr() for tensor in kept if tensor.numel() == x.numel()}
    assert large == {x.data_ptr(), y.data_ptr()}


@pytest.mark.parametrize("mean", [0.0, 20.0])
def test_bf16_maps_lose_nothing_to_their_mean(mean: float) -> None:
    """The mean is taken away from the maps: bf16 could not hold what it would take away from the shift."""
    norm = build("spade", "batch").float().train()
    norm.implementation = "indexed"
    plain = copy.deepcopy(norm)
    plain.implementation = "dense"
    x = (torch.randn(2, norm.standardise.channels, 16, 24) + mean).bfloat16()
    x = x.to(memory_format=torch.channels_last)
    assert norm.standardise.moments(x, 1).mean.dtype == torch.float32
    y, expected = (
        upsample_norm_act(norm, x, condition("spade"), SLOPE, (16, 24)),
        F.leaky_relu(plain(x.float(), condition("spade")), SLOPE),
    )
    assert y.dtype == torch.bfloat16
    assert (y.float() - expected).square().mean().sqrt() < 0.004 * expected.square().mean().sqrt()
