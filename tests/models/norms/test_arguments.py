"""What the papers say that these norms do and do not do."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from models.condition import Condition
from models.norms import NORMS, NoisySpade, statistics_for
from models.norms.spade import Spade
from tests.models.norms.family import CHANNELS, CLASSES, HIDDEN, STYLE_WIDTH, build, condition, maps, noisy

WASHES_OUT = ("batch", "instance", "cin", "adain")
KEEPS = ("layer", "spade", "sean", "clade")


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def uniform(name: str, label: int) -> tuple[Tensor, Condition]:
    """A label map of one class only, and the maps that a convolution without border makes of it."""
    seen = replace(condition(name), labels=torch.full((3, 8, 6), label), edges=torch.zeros(3, 8, 6) > 0)
    one_hot = F.one_hot(torch.full((3, 4, 3), label), CLASSES).permute(0, 3, 1, 2).double()
    weight = torch.randn(
        CHANNELS, CLASSES, 1, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(1)
    )
    return F.conv2d(one_hot, weight), seen


@pytest.mark.parametrize("name", [*WASHES_OUT, *KEEPS])
def test_a_uniform_label_map_is_washed_out_or_not(name: str) -> None:
    """Park et al. 2019, section 3: plain normalisation makes two uniform maps of different classes the same.

    Layer norm is the exception among the plain ones: channels of different sizes stay different.
    """
    norm = build(name)
    x, seen = uniform(name, 0)
    other_x, other_seen = uniform(name, 1)
    assert not torch.allclose(x, other_x)
    other_seen = replace(other_seen, styles=seen.styles)
    same = torch.allclose(norm(x, seen), norm(other_x, other_seen), atol=1e-9)
    assert same == (name in WASHES_OUT)


def test_cin_with_one_style_is_instance_norm() -> None:
    instance, cin, x = build("instance"), build("cin", style_count=1), maps()
    cin.rows[0].data = torch.stack([instance.scale.data, instance.shift.data])
    seen = replace(condition("cin"), style_ids=torch.zeros(3, dtype=torch.int64))
    assert torch.equal(cin(x, seen), instance(x, seen))


@pytest.mark.parametrize("name", ["batch", "layer", "instance", "cin"])
def test_plain_norms_start_as_the_standardisation_alone(name: str) -> None:
    arguments = {"style_count": 2} if name == "cin" else {}
    norm = NORMS[name](CHANNELS, statistics_for(name)(CHANNELS), **arguments).double()
    x, seen = maps(), replace(condition(name), style_ids=torch.tensor([0, 1, 0]))
    assert torch.equal(norm(x, seen), norm.standardise(x))


def test_sean_with_the_blend_at_0_is_spade() -> None:
    sean, x, seen = build("sean"), maps(), condition("sean")
    sean.blending_gamma.data.fill_(-1e4)  # a sigmoid of exactly 0
    sean.blending_beta.data.fill_(-1e4)
    spade = Spade(CHANNELS, statistics_for("spade")(CHANNELS), CLASSES, edges=True, hidden=HIDDEN).double()
    spade.load_state_dict(
        {key: value for key, value in sean.state_dict().items() if key in spade.state_dict()}
    )
    assert torch.equal(sean(x, seen), spade(x, seen))
    sean.blending_gamma.data.fill_(0)
    assert not torch.allclose(sean(x, seen), spade(x, seen))


def test_sean_with_the_blend_at_1_does_not_hear_spade() -> None:
    sean, x, seen = build("sean"), maps(), condition("sean")
    sean.blending_gamma.data.fill_(1e4)
    sean.blending_beta.data.fill_(1e4)
    y = sean(x, seen)
    sean.pair.weight.data.normal_()
    assert torch.allclose(sean(x, seen), y, atol=1e-12)


def test_sean_changes_only_the_region_whose_style_changes() -> None:
    sean = build("sean")
    labels = torch.zeros(1, 9, 10, dtype=torch.int64)
    labels[:, :, 5:] = 1
    x = torch.randn(1, CHANNELS, 9, 10, dtype=torch.float64)
    styles = torch.randn(1, CLASSES, STYLE_WIDTH, dtype=torch.float64)
    seen = Condition(labels, torch.zeros(1, 9, 10) > 0, styles)
    changed = styles.clone()
    changed[:, 1] += 1
    difference = (sean(x, replace(seen, styles=changed)) - sean(x, seen)).abs().amax(1)  # (1, 9, 10)
    assert (difference[..., :4] == 0).all()  # column 4 is within a 3x3 kernel of the region
    assert (difference[..., 4:] > 0).all()
    changed = styles.clone()
    changed[:, 2] += 1  # a class that is not in the label map
    assert torch.equal(sean(x, replace(seen, styles=changed)), sean(x, seen))


def test_sean_adds_one_number_a_pixel_before_it_standardises() -> None:
    sean, x, seen = build("sean"), maps(), condition("sean")
    generator = torch.Generator().manual_seed(3)
    normal = torch.empty(3, 1, 4, 3, dtype=torch.float64).normal_(generator=generator)
    expected = sean(x + sean.noise.weight[:, None, None] * normal, seen)
    assert torch.allclose(sean(x, noisy(seen)), expected, atol=1e-12)
    assert not torch.allclose(sean(x, seen), expected)


def test_every_norm_draws_its_own_noise() -> None:
    sean, x, seen = build("sean"), maps(), noisy(condition("sean"))
    assert not torch.allclose(sean(x, seen), sean(x, seen))


def test_noisy_spade_is_spade_but_for_the_noise() -> None:
    noise = NoisySpade(
        CHANNELS, statistics_for("spade")(CHANNELS), CLASSES, edges=True, hidden=HIDDEN
    ).double()
    spade = build("spade")
    noise.load_state_dict(spade.state_dict() | {"noise.weight": torch.ones(CHANNELS)})
    x, seen = maps(), condition("spade")
    assert torch.equal(noise(x, seen), spade(x, seen))
    normal = torch.empty(3, 1, 4, 3, dtype=torch.float64).normal_(generator=torch.Generator().manual_seed(3))
    assert torch.allclose(noise(x, noisy(seen)), spade(x + normal, seen), atol=1e-12)


def test_sean_starts_between_style_and_spade_and_without_noise() -> None:
    sean = NORMS["sean"](CHANNELS, statistics_for("sean")(CHANNELS), CLASSES, style_width=STYLE_WIDTH)
    assert not sean.noise.weight.any() and not sean.blending_gamma.any() and not sean.blending_beta.any()


def test_clade_treats_the_pixels_of_a_class_alike_and_spade_does_not() -> None:
    for name, alike in (("clade", True), ("spade", False)):
        norm, seen = build(name), condition(name)
        scale, _ = norm.modulation(seen)  # (B, C, H, W)
        of_one_class = scale.movedim(1, -1)[seen.labels == 1]  # (pixels, C)
        assert torch.equal(of_one_class, of_one_class[:1].expand_as(of_one_class)) == alike


def test_even_kernels_are_refused() -> None:
    with pytest.raises(ValueError, match=r"norm\.kernel_size=4 is even"):
        build("sean", kernel_size=4)
    with pytest.raises(ValueError, match=r"norm\.style_kernel_size=2 is even"):
        build("sean", style_kernel_size=2)
