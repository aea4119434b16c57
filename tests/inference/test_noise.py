"""Noise drawn at generation: it depends on the seed and the place among all label maps, not on the batch."""

import pytest
import torch
from torch import Tensor

from data.batch import Batch
from engine.runtime.determinism import noise_vector_seed
from inference.generator import LabelMapGenerator
from tests.inference.test_generator import SEAN, generator_of, ids

NOISY = {
    "sean": SEAN,
    "vector": ("norm=spade", "generator.noise=8"),
    "vectors by region": (*SEAN, "generator.noise=8"),
    "unet": ("generator=unet", "generator.width=2", "generator.depth=3", "generator.dropout=0.5"),
}


def noisy_generator(name: str) -> tuple[LabelMapGenerator, Tensor | None]:
    """A generator that draws noise, with styles where it takes them."""
    generate = generator_of(*NOISY[name])
    with torch.no_grad():
        for parameter_name, parameter in generate.G.named_parameters():
            if parameter_name.endswith("noise.weight"):
                parameter.fill_(1)  # 0 at first
            elif name.startswith("vector"):
                parameter.mul_(1 + torch.rand(()) * 5)  # so that an image shows it
    return generate, torch.rand(15, 4) if "norm=sean" in NOISY[name] else None


@pytest.mark.parametrize("name", NOISY)
def test_noise_depends_on_seed_and_place_and_not_on_the_batch(name: str) -> None:
    generate, styles = noisy_generator(name)
    labels = ids(1, 32, 32).expand(4, -1, -1)
    images = generate(labels, styles=styles)
    assert len(images.unique(dim=0)) == 4, "the same label map at other places has other noise"
    assert torch.equal(generate(labels[:3], styles=styles, first=1), images[1:])
    assert torch.equal(generate(labels[0], styles=styles, first=2), images[2:3])
    assert not torch.allclose(generate(labels[0], styles=styles, seed=1), images[:1])


@pytest.mark.parametrize("name", NOISY)
def test_pictures_of_a_split_do_not_depend_on_how_it_is_divided(name: str) -> None:
    generate, styles = noisy_generator(name)
    labels = ids(5, 32, 32)

    def pictures(*sizes: int) -> Tensor:
        """Of all five, in batches of these sizes."""
        made, first = [], 0
        for size in sizes:
            part = labels[first : first + size]
            batch = Batch(None, part, None, torch.zeros(size, dtype=torch.int64), ("",) * size)
            codes = None if styles is None else styles.expand(size, -1, -1)
            made.append(generate.pictures(batch, batch.style_id, codes, 7, first))
            first += size
        return torch.cat(made)

    assert torch.equal(pictures(2, 2, 1), pictures(5)) and torch.equal(pictures(3, 2), pictures(5))


def test_noise_that_is_given() -> None:
    generate, _ = noisy_generator("vector")
    labels = ids(2, 30, 35)  # of no multiple of the generator's
    z = torch.randn(2, 8)
    by_class = z[:, None].expand(-1, 15, -1)
    as_map = z[..., None, None].expand(-1, -1, 30, 35)
    images = generate(labels, z=z)
    torch.testing.assert_close(generate(labels, z=by_class), images, rtol=0, atol=1e-5)
    torch.testing.assert_close(generate(labels, z=as_map), images, rtol=0, atol=1e-5)
    assert torch.equal(generate(labels, z=z[:1])[:1], images[:1])
    assert torch.equal(generate(labels[1], z=z[1]), generate(labels[1], z=z[1:]))
    assert not torch.allclose(generate(labels, z=z.flip(0)), images, atol=1e-3)
    seeds = [noise_vector_seed(3, 0, place) for place in (5, 6)]
    assert torch.equal(generate(labels, seed=3, first=5), generate(labels, z=generate.drawn_noise(seeds)))


def test_noise_of_a_class_changes_that_class() -> None:
    generate, _ = noisy_generator("vector")
    labels = ids(1, 32, 32).clamp(max=3)
    z = torch.randn(1, 15, 8)
    image = generate(labels, z=z)
    other = z.clone()
    other[:, 4:] += 1  # classes that no pixel shows
    assert torch.equal(generate(labels, z=other), image)
    other[:, 3] += 1
    assert not torch.allclose(generate(labels, z=other), image, atol=1e-3)


@pytest.mark.parametrize(
    "z", [torch.zeros(2, 7), torch.zeros(3, 8), torch.zeros(2, 14, 8), torch.zeros(2, 8, 32, 31)], ids=str
)
def test_noise_of_another_shape_is_refused(z: Tensor) -> None:
    generate, _ = noisy_generator("vector")
    with pytest.raises(ValueError, match=r"z is torch\.float32 of shape .*\(2, 8\), \(2, 15, 8\)"):
        generate(ids(2, 32, 32), z=z)
    with pytest.raises(ValueError, match=r"z is torch\.int64"):
        generate(ids(2, 32, 32), z=torch.zeros(2, 8, dtype=torch.int64))


def test_noise_for_a_generator_that_takes_none_is_refused() -> None:
    generate = generator_of("norm=spade")
    with pytest.raises(ValueError, match=r"takes no noise; give none, or train with generator\.noise=64"):
        generate(ids(1, 32, 32), z=torch.zeros(1, 8))
