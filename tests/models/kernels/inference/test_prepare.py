"""Networks made ready for inference: the images of the networks that they were."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor

from data.dataset_info import DatasetInfo
from models.condition import Condition
from models.conditional_generator import ConditionalGenerator
from models.kernels.conv import Conv2d
from models.kernels.inference import prepare, prepare_for_inference
from models.kernels.inference.prepare import plain_layer
from models.layers.spectral_norm import spectral_norm
from models.norms.statistics import BatchStatistics
from options.build.data import build_source
from options.build.networks import build_generator
from tests.tiny import tiny_options

NORMS = ["batch", "layer", "instance", "cin", "adain", "spade", "sean", "clade"]


@pytest.fixture(autouse=True)
def _small_ones_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny networks have tiny weights; here they are arranged as well."""
    monkeypatch.setattr(prepare, "FEWEST_WEIGHTS", 0)


def G(*words: str) -> ConditionalGenerator:
    """Of random weights, none special, and running averages of such a batch as is asked for."""
    options = tiny_options(*words)
    facts = DatasetInfo.of(build_source(options.dataset, "train"), edges=True)
    torch.manual_seed(0)
    made = build_generator(options, facts)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    statistics = [module for module in made.modules() if isinstance(module, BatchStatistics)]
    for module in statistics:
        module.momentum = 1.0
    image(made.train())
    return made.eval().to(memory_format=torch.channels_last)


def says_something(picture: Tensor) -> bool:
    """Neither flat nor saturated, where a difference would not show."""
    return bool(picture.std() > 0.02 and (picture.abs() < 0.95).float().mean() > 0.5)


@torch.no_grad()
def image(made: ConditionalGenerator, noise: bool = False, z: Tensor | None = None) -> Tensor:
    """Of label maps whose finer resolutions are worth an index, in the style of a photo."""
    torch.manual_seed(1)
    labels = torch.randint(12, (2, 8, 8)).repeat_interleave(16, 1).repeat_interleave(16, 2)
    photo = torch.rand(2, 3, 128, 128) * 2 - 1
    drawn = torch.Generator().manual_seed(2)
    condition = made.condition(labels, labels, style_ids=torch.tensor([1, 0]), rng=drawn if noise else None)
    style = None if made.encoder is None else made.encoder.encode(photo, labels, None).codes
    return made.generator(condition.with_styles(style).with_noise(z))


@pytest.mark.parametrize("norm", NORMS)
def test_every_norm(norm: str) -> None:
    indexed = ["norm.implementation=indexed"] if norm in ("spade", "sean") else []
    made = G(f"norm={norm}", *indexed)
    expected = image(made)
    assert says_something(expected)
    torch.testing.assert_close(image(prepare_for_inference(made)), expected, rtol=0, atol=5e-5)


@pytest.mark.parametrize(
    "words",
    [
        ("norm=spade", "norm.statistics=instance", "norm.implementation=indexed"),
        ("norm=sean", "norm.statistics=layer", "norm.implementation=indexed"),
        ("norm=clade", "norm.statistics=instance"),
        ("norm=spade", "norm.implementation=dense"),
        ("norm=sean", "norm.style_kernel_size=5", "norm.implementation=indexed"),
        ("norm=sean", "norm.implementation=dense"),
        ("norm=spade", "norm.kernel_size=5", "norm.implementation=indexed"),
        ("norm=spade", "generator.upsampling=more", "norm.implementation=indexed"),
        ("norm=spade", "generator.upsampling=most", "generator.width=4"),
        ("norm=spade", "generator.spectral=false"),
        ("norm=batch", "generator.concat_labels=true"),
        ("norm=spade", "encoder=image", "encoder.width=2", "encoder.style_width=4"),
        ("generator=pix2pixhd", "generator.downsamplings=2"),
        ("generator=local_enhancer", "generator.downsamplings=2"),
        ("generator=unet", "generator.depth=4"),
    ],
    ids=" ".join,
)
def test_every_generator(words: tuple[str, ...]) -> None:
    made = G(*words)
    torch.manual_seed(3)  # pix2pix draws its dropout at test time too
    expected = image(made)
    assert says_something(expected)
    prepare_for_inference(made)
    torch.manual_seed(3)
    torch.testing.assert_close(image(made), expected, rtol=0, atol=5e-5)


@pytest.mark.parametrize("shape", [(2, 3), (2, 15, 3), (2, 3, 128, 128)], ids=["vector", "region", "map"])
@pytest.mark.parametrize(
    "words",
    [
        ("norm=spade", "norm.implementation=indexed"),
        ("norm=spade", "norm.implementation=dense", "generator.first_block=false"),
        ("norm=sean", "norm.implementation=indexed"),
        ("norm=sean", "norm.implementation=dense"),
        ("norm=clade",),
        ("norm=clade", "norm.statistics=instance"),
    ],
    ids=" ".join,
)
def test_noise_with_the_label_map(words: tuple[str, ...], shape: tuple[int, ...]) -> None:
    made = G(*words, "generator.noise=3")
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            if name.endswith("noise_pair.weight"):
                parameter.normal_(std=0.2)
    z = torch.randn(shape, generator=torch.Generator().manual_seed(5))
    expected = image(made, z=z)
    assert says_something(expected)
    assert (image(made, z=2 * z) - expected).abs().max() > 1e-3
    torch.testing.assert_close(image(prepare_for_inference(made), z=z), expected, rtol=0, atol=5e-5)


def test_noise_is_drawn_in_the_same_order() -> None:
    made = G("norm=sean", "norm.implementation=indexed")
    expected = image(made, noise=True)
    assert not torch.equal(expected, image(made))
    torch.testing.assert_close(image(prepare_for_inference(made), noise=True), expected, rtol=0, atol=5e-5)


def test_other_sizes_after_the_first() -> None:
    """Weights are arranged for a size; another one must not be computed with that."""
    made = G("norm=spade", "generator.width=8")
    ready = prepare_for_inference(copy.deepcopy(made))
    for side in (32, 64, 32):
        labels = torch.arange(side)[None, :, None].expand(1, side, side) // 16
        condition = Condition(labels, torch.zeros(1, side, side, dtype=torch.bool))
        with torch.no_grad():
            expected = made.generator(condition)
            torch.testing.assert_close(ready.generator(condition), expected, rtol=0, atol=5e-5)


def test_reduced_precision_is_near() -> None:
    """bf16 keeps 8 bits: a hundredth of the range, here as everywhere."""
    made = G("norm=spade", "norm.implementation=indexed")
    expected = image(made)
    found = image(prepare_for_inference(made, torch.bfloat16))
    assert found.dtype == torch.bfloat16
    assert (found.float() - expected).abs().mean() < 0.02


def test_a_copy_is_left_as_it_was() -> None:
    """An average is a copy of the network that is trained: making one ready must not break the other."""
    layer = spectral_norm(Conv2d(2, 3, 3))
    twin = copy.deepcopy(layer).eval()
    plain = plain_layer(layer.eval())
    x = torch.randn(1, 2, 5, 5)
    torch.testing.assert_close(plain(x), twin(x))
    assert (
        set(plain.state_dict()) == {"weight", "bias"}
        and "parametrizations.weight.original" in twin.state_dict()
    )
