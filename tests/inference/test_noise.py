"""Noise drawn at generation: it depends on the seed and the place among all label maps, not on the batch."""

import pytest
import torch
from torch import Tensor

from data.batch import Batch
from inference.generator import LabelMapGenerator
from tests.inference.test_generator import SEAN, generator_of, ids

NOISY = {
    "sean": SEAN,
    "unet": ("generator=unet", "generator.width=2", "generator.depth=3", "generator.dropout=0.5"),
}


def noisy_generator(name: str) -> tuple[LabelMapGenerator, Tensor | None]:
    """A generator that draws noise, with styles where it takes them."""
    generate = generator_of(*NOISY[name])
    with torch.no_grad():
        for parameter_name, parameter in generate.G.named_parameters():
            if parameter_name.endswith("noise.weight"):
                parameter.fill_(1)  # 0 at first
    assert generate.G.draws_noise
    return generate, torch.rand(15, 4) if name == "sean" else None


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
