"""Images from label maps: sizes that fit no generator, styles, wrong inputs."""

import re

import numpy as np
import pytest
import torch
from torch import Tensor

from data.dataset_info import DatasetInfo
from engine.runtime.hardware import select_hardware
from inference.generator import LabelMapGenerator
from models.condition import instance_edges
from options.build.data import build_source
from options.build.networks import build_generator
from tests.tiny import tiny_options

MULTIPLE = 32
SEAN = ("norm=sean", "encoder=region_style", "encoder.style_width=4")
VAE = ("encoder=image", "encoder.width=2", "encoder.style_width=4")


def generator_of(*words: str, edges: bool = False) -> LabelMapGenerator:
    """A generator with random weights, for the built-in scenes."""
    options = tiny_options(*words)
    info = DatasetInfo.of(build_source(options.dataset, "train"), edges)
    torch.manual_seed(0)
    G = build_generator(options, info)
    with torch.no_grad():
        for parameter in G.parameters():
            parameter.mul_(20)  # initial weights are so small that all images are grey
    hardware = select_hardware("cpu", "float32", channels_last=True)
    return LabelMapGenerator(G, len(info.label_set), len(info.styles), hardware)


def ids(*shape: int, classes: int = 15) -> Tensor:
    return torch.randint(classes, shape, generator=torch.Generator().manual_seed(1))


def padded(maps: Tensor) -> Tensor:
    """The border repeated by numpy, below and to the right."""
    below, right = (-side % MULTIPLE for side in maps.shape[-2:])
    return torch.from_numpy(np.pad(maps.numpy(), ((0, 0), (0, below), (0, right)), mode="edge"))


@pytest.mark.parametrize("size", [(32, 64), (33, 32), (40, 50), (1, 1), (7, 100)])
def test_an_image_has_its_label_maps_size(size: tuple[int, int]) -> None:
    generate = generator_of(edges=True)
    labels, instances = ids(2, *size), ids(2, *size, classes=70_000)
    images = generate(labels, instances)
    condition = generate.G.condition(padded(labels), padded(instances))
    assert torch.equal(condition.edges, instance_edges(padded(instances)))
    with torch.no_grad():
        expected = generate.G(condition, None).fake[..., : size[0], : size[1]]
    assert images.shape == (2, 3, *size)
    assert size == (1, 1) or images.std() > 0.01, "a picture of one colour shows nothing"
    torch.testing.assert_close(images, expected)


def test_one_label_map_without_a_batch() -> None:
    generate = generator_of()
    labels = ids(40, 50)
    assert torch.equal(generate(labels), generate(labels[None]))
    torch.testing.assert_close(generate(torch.stack([labels, ids(40, 50) * 0]))[:1], generate(labels))
    assert torch.equal(generate(labels.to(torch.uint8)), generate(labels))


def test_a_style_is_added_and_trained_alone() -> None:
    generate = generator_of("norm=cin", "dataset.height=64", "dataset.width=64")
    labels = ids(2, 64, 64)
    known = [generate(labels, style_id=torch.full((2,), style)) for style in range(4)]
    with pytest.raises(ValueError, match=r"style ids \[4, 4\]: this run knows 0 to 3"):
        generate(labels, style_id=torch.full((2,), 4))
    new = torch.full((2,), generate.add_style(like=1))
    assert new.tolist() == [4, 4] and torch.equal(generate(labels, style_id=new), known[1])

    network, photo = generate.G, torch.zeros(2, 3, 64, 64)
    optimizer = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], lr=0.5)
    for _ in range(5):
        loss = (network(network.condition(labels, style_ids=new), None).fake - photo).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert generate(labels, style_id=new).square().mean() < 0.97 * known[1].square().mean()
    for style, image in enumerate(known):
        assert torch.equal(generate(labels, style_id=torch.full((2,), style)), image)


@pytest.mark.parametrize("wrong", [15, 255, -1])
def test_an_id_out_of_range_is_named(wrong: int) -> None:
    generate = generator_of()
    assert generate.classes == 15
    labels = ids(32, 32)
    labels[3, 4] = wrong
    with pytest.raises(ValueError, match=f"{wrong}.*0 to 14"):
        generate(labels)


@pytest.mark.parametrize("labels", [torch.zeros(32, 32), ids(32), ids(1, 1, 32, 32), ids(0, 32)])
def test_what_is_no_label_map(labels: Tensor) -> None:
    with pytest.raises(ValueError, match="integer ids"):
        generator_of()(labels)


def test_instances_are_required_where_the_generator_takes_them() -> None:
    generate = generator_of(edges=True)
    with pytest.raises(ValueError, match="give instances"):
        generate(ids(32, 32))
    with pytest.raises(ValueError, match="must agree"):
        generate(ids(32, 32), instances=ids(32, 31))


def test_style_ids_change_the_image() -> None:
    generate = generator_of("norm=cin")
    torch.manual_seed(0)
    with torch.no_grad():
        for name, parameter in generate.G.named_parameters():
            if "norm" in name:
                parameter.normal_()  # at the start all styles have one pair
    labels = ids(3, 64, 64) * 0
    images = generate(labels, style_id=torch.tensor([0, 3, 0]))
    assert not torch.allclose(images[0], images[1]) and torch.allclose(images[0], images[2])
    torch.testing.assert_close(images[:1], generate(labels[:1]), rtol=1e-3, atol=1e-4)
    for wrong in (torch.tensor([4]), torch.tensor([-1])):
        with pytest.raises(ValueError, match="0 to 3"):
            generate(labels[:1], style_id=wrong)
    for wrong in (torch.tensor([0]), torch.tensor(0), torch.tensor([0.0, 1.0, 2.0])):
        with pytest.raises(ValueError, match="one integer id a label map"):
            generate(labels, style_id=wrong)


def test_without_a_photo_the_style_is_drawn_from_the_seed() -> None:
    generate = generator_of(*VAE)
    labels = ids(32, 32)
    first, again, other = (generate(labels, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.allclose(first, other)


def test_the_style_of_a_photo() -> None:
    generate = generator_of(*VAE)
    labels, photos = ids(2, 40, 50), torch.rand(2, 3, 40, 50) * 2 - 1
    assert not torch.allclose(generate(labels, photo=photos), generate(labels, photo=-photos))
    for wrong in (photos[:1], photos[..., :32], photos[:, :1]):
        with pytest.raises(ValueError, match="must agree"):
            generate(labels, photo=wrong)


def test_region_styles_are_averaged_over_the_photos_own_regions() -> None:
    """Not over those of the label map with its border repeated, which lie elsewhere."""
    generate = generator_of(*SEAN)
    labels, photo = ids(1, 40, 50, classes=3), torch.rand(1, 3, 40, 50) * 2 - 1
    seen = []
    generate.G.generator.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].styles))
    generate(labels, photo=photo)
    with torch.no_grad():
        expected = generate.G.encoder(photo, labels)  # (1, K, D)
    torch.testing.assert_close(seen[0], expected)


def test_a_style_that_needs_a_photo() -> None:
    with pytest.raises(ValueError, match="give photos"):
        generator_of(*SEAN)(ids(32, 32))
    with pytest.raises(ValueError, match="needs 8 pixels"):
        generator_of(*SEAN)(ids(7, 32), photo=torch.zeros(1, 3, 7, 32))


@pytest.mark.parametrize("words", [SEAN, VAE], ids=["sean", "vae"])
def test_a_photos_style_can_be_taken_first_and_given_later(words: tuple[str, ...]) -> None:
    generate = generator_of(*words)
    labels, photos = ids(2, 40, 50, classes=3), torch.rand(2, 3, 40, 50) * 2 - 1
    codes = generate.styles(photos, labels)
    images = generate(labels, photo=photos)
    assert torch.equal(generate(labels, styles=codes), images)
    assert not torch.allclose(generate(labels, styles=codes.flip(0)), images)
    # One style for both, with and without a batch.
    first = generate(labels, styles=codes[:1].expand_as(codes))
    assert torch.equal(generate(labels, styles=codes[:1]), first)
    assert torch.equal(generate(labels, styles=codes[0]), first)


def test_codes_are_those_of_the_encoder() -> None:
    photo, labels = torch.rand(1, 3, 40, 50) * 2 - 1, ids(1, 40, 50, classes=3)
    generate = generator_of(*VAE)
    torch.testing.assert_close(generate.styles(photo, labels), generate.G.encoder(photo).mean)
    torch.testing.assert_close(generate.styles(photo), generate.styles(photo, labels))
    generate = generator_of(*SEAN)
    codes = generate.styles(photo, labels)
    torch.testing.assert_close(codes, generate.G.encoder(photo, labels))
    assert codes[0].any(1).tolist() == [True] * 3 + [False] * 12
    codes[:, 2] = generate.styles(-photo)[:, 2]  # codes may be mixed freely
    assert generate(labels, styles=codes).shape == (1, 3, 40, 50)


def test_absent_classes_have_the_mean_style() -> None:
    generate = generator_of(*SEAN)
    generate.mean_styles = means = torch.rand(15, 4)
    photo, labels = torch.rand(1, 3, 40, 50) * 2 - 1, ids(1, 40, 50, classes=3)
    codes = generate.styles(photo, labels)
    torch.testing.assert_close(codes[:, :3], generate.G.encoder(photo, labels)[:, :3])
    assert torch.equal(codes[0, 3:], means[3:])
    assert torch.equal(generate(labels), generate(labels, styles=means))
    assert not torch.allclose(generate(labels), generate(labels, photo=photo))


def test_styles_that_do_not_fit() -> None:
    labels, photo = ids(2, 32, 32), torch.rand(2, 3, 32, 32)
    sean, vae, spade = generator_of(*SEAN), generator_of(*VAE), generator_of()
    for generate, shape in (
        (sean, (3, 15, 4)),
        (sean, (2, 14, 4)),
        (sean, (4,)),
        (vae, (3, 4)),
        (vae, (2, 5)),
    ):
        with pytest.raises(ValueError, match=re.escape(f"styles are {shape}; this generator takes")):
            generate(labels, styles=torch.zeros(shape))
    with pytest.raises(ValueError, match="give one of them"):
        vae(labels, photo=photo, styles=torch.zeros(2, 4))
    for wrong in (photo[0], (photo * 255).byte()):
        with pytest.raises(ValueError, match=r"give floats in \[-1, 1\]"):
            vae.styles(wrong)
    for use in (
        lambda: spade.styles(photo),
        lambda: spade(labels, photo=photo),
        lambda: spade.drawn_styles([0]),
    ):
        with pytest.raises(ValueError, match="depend on the label map alone"):
            use()
    with pytest.raises(ValueError, match="give photos"):
        sean.drawn_styles([0])


def test_one_regions_style_changes_that_region_and_nothing_beyond_the_reach_of_its_border() -> None:
    """Two regions side by side, wide enough that there is a beyond.

    The style's convolution and a block's two reach 3 pixels at the smallest size, 32 at full size each; every
    later block 2 pixels more at its own size: 3*32 + 2*2*16 + 2*8 + 2*4 + 2*2 + 2*1, and 1 for the last.
    """
    reach = 3 * 32 + 4 * 16 + 2 * 8 + 2 * 4 + 2 * 2 + 2 + 1
    generate = generator_of(*SEAN)
    labels = torch.zeros(1, 32, 1024, dtype=torch.long)
    labels[..., 512:] = 1
    colours: list[Tensor] = []  # before tanh, which would hide what changes where it is saturated
    generate.G.generator.to_rgb.register_forward_hook(lambda *call: colours.append(call[2]))
    codes = torch.rand(15, 4, generator=torch.Generator().manual_seed(0))
    generate(labels, styles=codes)
    for label, changed, kept in (
        (0, slice(0, 512), slice(512 + reach, None)),
        (1, slice(512, None), slice(0, 512 - reach)),
    ):
        other = codes.clone()
        other[label] = 0.5 - other[label]
        generate(labels, styles=other)
        difference = ((colours[-1] - colours[0]) / colours[0].std()).abs().amax((0, 1, 2))  # (W,)
        assert difference[changed].min() > 1e-3 and difference[kept].max() < 1e-6


def test_drawn_styles_depend_on_their_own_seeds_alone() -> None:
    generate = generator_of(*VAE)
    drawn = generate.drawn_styles([5, 6, 7])
    assert drawn.shape == (3, 4) and len(drawn.unique(dim=0)) == 3
    assert torch.equal(generate.drawn_styles([7, 5]), drawn[[2, 0]])
    many = generate.drawn_styles(range(2000))
    torch.testing.assert_close(many.mean(0), torch.zeros(4), atol=0.1, rtol=0)
    torch.testing.assert_close(many.std(0), torch.ones(4), atol=0.1, rtol=0)
