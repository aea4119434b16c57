"""pix2pix's U-Net against the paper's list of layers and against a plain form."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition
from models.generators.unet import UnetGenerator

CLASSES = 4
DOWN = (64, 128, 256, 512, 512, 512, 512, 512)
UP_INPUTS = (512, 1024, 1024, 1024, 1024, 512, 256, 128)
"""Isola et al. 2017, appendix 6.1.1: C64-C128-C256-C512-...; the decoder with skips, CD512-CD1024-..."""


def test_layers_of_the_paper() -> None:
    made = UnetGenerator(3)
    convs = [module for module in made.modules() if isinstance(module, nn.Conv2d)]
    transposed = [module for module in made.modules() if isinstance(module, nn.ConvTranspose2d)]
    assert tuple(conv.out_channels for conv in convs) == DOWN
    assert tuple(conv.in_channels for conv in transposed) == UP_INPUTS
    assert tuple(conv.out_channels for conv in transposed) == (*reversed(DOWN[:-1]), 3)
    assert {conv.kernel_size for conv in convs + transposed} == {(4, 4)}
    assert {conv.stride for conv in convs + transposed} == {(2, 2)}
    weights = 16 * sum(a * b for a, b in zip((3, *DOWN[:-1]), DOWN, strict=True))
    weights += 16 * sum(a * b for a, b in zip(UP_INPUTS, (*reversed(DOWN[:-1]), 3), strict=True))
    norms = 2 * (sum(DOWN[1:-1]) + sum(DOWN[:-1]))  # scale and shift
    biases = DOWN[0] + DOWN[-1] + 3  # where no norm follows
    count = sum(parameter.numel() for parameter in made.parameters())
    assert count == weights + norms + biases
    assert round(count / 1e6, 2) == 54.41
    assert made.multiple == 256


def plain_form(made: UnetGenerator, maps: Tensor, norm: str, kept: list[Tensor]) -> Tensor:
    """The whole net unrolled; `kept` are the masks of dropout, one a layer up, over one half."""

    def normalise(x: Tensor, layer: nn.Module) -> Tensor:
        axes = (0, 2, 3) if norm == "batch" else (2, 3)
        x = (x - x.mean(axes, keepdim=True)) / (x.var(axes, unbiased=False, keepdim=True) + 1e-5).sqrt()
        if norm == "instance":
            return x
        return x * layer.norm.weight.view(-1, 1, 1) + layer.norm.bias.view(-1, 1, 1)

    def down(x: Tensor, layer: nn.Module) -> Tensor:
        return F.conv2d(x, layer.conv.weight, layer.conv.bias, stride=2, padding=1)

    def up(x: Tensor, layer: nn.Module, index: int) -> Tensor:
        x = normalise(F.conv_transpose2d(F.relu(x), layer.conv.weight, stride=2, padding=1), layer)
        return x * kept[index] / 0.5 if index < len(kept) else x

    d1, d2, d3, d4, d5 = made.down
    e1 = down(maps, d1)
    e2 = normalise(down(F.leaky_relu(e1, 0.2), d2), d2)
    e3 = normalise(down(F.leaky_relu(e2, 0.2), d3), d3)
    e4 = normalise(down(F.leaky_relu(e3, 0.2), d4), d4)
    e5 = down(F.leaky_relu(e4, 0.2), d5)
    u1, u2, u3, u4 = made.up
    x = torch.cat([up(e5, u1, 0), e4], dim=1)
    x = torch.cat([up(x, u2, 1), e3], dim=1)
    x = torch.cat([up(x, u3, 2), e2], dim=1)
    x = torch.cat([up(x, u4, 3), e1], dim=1)
    return torch.tanh(
        F.conv_transpose2d(F.relu(x), made.to_rgb.weight, made.to_rgb.bias, stride=2, padding=1)
    )


@pytest.mark.parametrize("norm", ["batch", "instance"])
@pytest.mark.parametrize("noisy", [True, False])
@torch.no_grad()
def test_agrees_with_the_plain_form(norm: str, noisy: bool) -> None:
    """Noise is the dropout of the first three layers up, drawn in their order, in training and eval mode."""
    torch.manual_seed(0)
    made = UnetGenerator(CLASSES, width=4, depth=5, norm=norm)
    labels = torch.randint(CLASSES, (2, 32, 64))
    maps = F.one_hot(labels, CLASSES).permute(0, 3, 1, 2).float()
    kept = []
    if noisy:
        noise = torch.Generator().manual_seed(5)
        shapes = [(2, 32, 2, 4), (2, 16, 4, 8), (2, 8, 8, 16)]
        kept = [torch.empty(shape).bernoulli_(0.5, generator=noise) for shape in shapes]
    noise = torch.Generator().manual_seed(5) if noisy else None
    ours = made(Condition(labels, rng=noise))
    wanted = plain_form(made, maps, norm, kept)
    assert wanted.std() > 0.05
    torch.testing.assert_close(ours, wanted, atol=1e-5, rtol=0)


@torch.no_grad()
def test_noise_decides_at_test_time() -> None:
    torch.manual_seed(0)
    made = UnetGenerator(CLASSES, width=4, depth=4).eval()
    labels = torch.randint(CLASSES, (1, 32, 32))

    def drawn(seed: int) -> Tensor:
        return made(Condition(labels, rng=torch.Generator().manual_seed(seed)))

    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))
    still = made(Condition(labels))
    assert torch.equal(still, made(Condition(labels)))
    made.dropout = 0
    assert torch.equal(still, drawn(1)), "no dropout, no noise"


def test_it_draws_noise_where_it_has_dropout() -> None:
    assert UnetGenerator(CLASSES, width=4, depth=2).draws_noise
    assert not UnetGenerator(CLASSES, width=4, depth=2, dropout=0).draws_noise


def test_the_bottleneck_may_be_one_pixel_of_one_sample() -> None:
    """A norm there would make it zero (or refuse): every parameter learns all the same."""
    torch.manual_seed(0)
    made = UnetGenerator(CLASSES, True, width=4, depth=4)
    seen = Condition(torch.randint(CLASSES, (1, 16, 16)), torch.rand(1, 16, 16) < 0.5)
    made(seen).square().mean().backward()
    still = [name for name, p in made.named_parameters() if p.grad is None or not p.grad.any()]
    assert still == []


def test_refusals() -> None:
    with pytest.raises(ValueError, match="depth >= 2"):
        UnetGenerator(CLASSES, depth=1)
    with pytest.raises(ValueError, match="dropout < 1"):
        UnetGenerator(CLASSES, dropout=1)
