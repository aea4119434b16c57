"""The local enhancer against a plain form of figure 3 of Wang et al. 2018, and what each phase trains."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from models.condition import Condition
from models.generators import LocalEnhancer
from tests.models.generators.test_pix2pixhd import CLASSES, Residual, copy_in_order, plain_sequence


@pytest.fixture
def enhancer() -> LocalEnhancer:
    torch.manual_seed(0)
    sizes = {"width": 8, "downsamplings": 2, "blocks": 1, "enhancer_blocks": 2}
    return LocalEnhancer(CLASSES, True, **sizes, spectral=False, global_images=100, enhancer_images=50)


@pytest.fixture
def seen() -> Condition:
    random = torch.Generator().manual_seed(1)
    return Condition(
        torch.randint(CLASSES, (2, 32, 48), generator=random), torch.rand(2, 32, 48, generator=random) < 0.2
    )


def test_agrees_with_the_plain_form(enhancer: LocalEnhancer, seen: Condition) -> None:
    """G1 without its last layers on the halved map, its features added to those of G2's first half."""
    coarse = plain_sequence(CLASSES + 1, width=8, halvings=2, blocks=1, norm="instance")
    copy_in_order(coarse, enhancer.coarse)

    def conv(inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int = 0) -> list[nn.Module]:
        layer = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        return [layer, nn.InstanceNorm2d(outputs)]

    down = nn.Sequential(
        nn.ReflectionPad2d(3), *conv(CLASSES + 1, 4, 7), nn.ReLU(), *conv(4, 8, 3, 2, 1), nn.ReLU()
    )
    up = nn.Sequential(
        *(
            Residual(nn.ReflectionPad2d(1), *conv(8, 8, 3), nn.ReLU(), nn.ReflectionPad2d(1), *conv(8, 8, 3))
            for _ in range(2)
        ),
        nn.ConvTranspose2d(8, 4, 3, 2, 1, 1, bias=False),
        nn.InstanceNorm2d(4),
        nn.ReLU(),
        nn.ReflectionPad2d(3),
        nn.Conv2d(4, 3, 7),
        nn.Tanh(),
    )
    outer = nn.ModuleDict(
        {name: getattr(enhancer, name) for name in ("first", "down", "blocks", "up", "to_rgb")}
    )
    copy_in_order(nn.ModuleList([down, up]), outer)
    maps = (
        torch.cat([F.one_hot(seen.labels, CLASSES), seen.edges[..., None]], dim=-1)
        .permute(0, 3, 1, 2)
        .float()
    )
    features = coarse[:-3](maps[:, :, ::2, ::2])
    wanted = up(down(maps) + features)
    assert wanted.std() > 0.05
    torch.testing.assert_close(enhancer(seen), wanted, atol=1e-5, rtol=0)


def test_the_global_phase_is_the_global_generator_at_half_size(
    enhancer: LocalEnhancer, seen: Condition
) -> None:
    enhancer.enter("global")
    assert enhancer.scale == 2
    half = seen.at((16, 24))
    made = enhancer(half)
    assert made.shape == (2, 3, 16, 24)
    assert torch.equal(made, enhancer.coarse(half))


@pytest.mark.parametrize(
    ("phase", "coarse_learns", "rest_learns"),
    [("global", True, False), ("enhancer", False, True), ("joint", True, True)],
)
def test_what_each_phase_trains(
    phase: str, coarse_learns: bool, rest_learns: bool, enhancer: LocalEnhancer, seen: Condition
) -> None:
    enhancer.enter(phase)
    enhancer(seen).square().mean().backward()
    # G1's own last layer makes no picture once the enhancer does.
    learns = {name: parameter.grad is not None for name, parameter in enhancer.named_parameters()}
    own_picture = {name: learns.pop(name) for name in ("coarse.to_rgb.weight", "coarse.to_rgb.bias")}
    assert set(own_picture.values()) == {phase == "global"}
    assert {learns[name] for name in learns if name.startswith("coarse.")} == {coarse_learns}
    assert {learns[name] for name in learns if not name.startswith("coarse.")} == {rest_learns}


def test_phases_follow_the_images(enhancer: LocalEnhancer) -> None:
    phases = [enhancer.phase_at(images) for images in (0, 99, 100, 149, 150, 10**6)]
    assert phases == ["global", "global", "enhancer", "enhancer", "joint", "joint"]
    assert LocalEnhancer(CLASSES, width=4, downsamplings=1, blocks=1).phase_at(0) == "joint" == enhancer.phase


def test_sizes(enhancer: LocalEnhancer) -> None:
    assert enhancer.multiple == 8
    assert enhancer(Condition(torch.zeros(1, 16, 24).long(), torch.zeros(1, 16, 24).bool())).shape == (
        1,
        3,
        16,
        24,
    )
    with pytest.raises(ValueError, match=r"generator\.width=5 is odd"):
        LocalEnhancer(CLASSES, width=5, downsamplings=1, blocks=1)
