"""In which styles label maps are made: own, given, mixed, between two, drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from data.batch import Batch
from inference.style_sampling import DrawnCodes, PhotoCodes, StyleSampling, no_codes
from tests.inference.test_generator import SEAN, VAE, generator_of

NAMES = [f"class {label}" for label in range(15)]


def batch_of(count: int = 2) -> Batch:
    random = torch.Generator().manual_seed(0)
    photo = torch.rand(count, 3, 32, 32, generator=random) * 2 - 1
    labels = torch.randint(3, (count, 32, 32), generator=random)
    return Batch(photo, labels, None, torch.arange(count), tuple("abcdefgh"[:count]))


def photo_codes(words: tuple[str, ...], **arguments: object) -> PhotoCodes:
    made = PhotoCodes(generator_of(*words), NAMES, whole=None, regions={}, steps=None, seed=0)
    return replace(made, **arguments)


@pytest.mark.parametrize("words", [SEAN, VAE], ids=["sean", "vae"])
def test_each_has_the_style_of_its_own_photo(words: tuple[str, ...]) -> None:
    codes, batch = photo_codes(words), batch_of()
    (own,) = codes(batch, 0)
    for place in range(2):
        alone = codes.generator.styles(batch.photo[place : place + 1], batch.labels[place : place + 1])
        torch.testing.assert_close(own[place : place + 1], alone)


def test_without_photos_the_mean_or_one_that_is_drawn() -> None:
    batch = replace(batch_of(), photo=None)
    sean = photo_codes(SEAN)
    with pytest.raises(ValueError, match="give photos"):
        sean(batch, 0)
    sean.generator.mean_styles = torch.rand(15, 4)
    assert torch.equal(sean(batch, 0)[0], sean.generator.mean_styles.expand(2, 15, 4))
    vae = photo_codes(VAE)
    assert torch.equal(vae(batch, 6)[0], DrawnCodes(vae.generator, 1, 0)(batch, 6)[0])


def test_one_style_for_all_and_regions_in_styles_of_their_own() -> None:
    whole, sky = torch.rand(1, 15, 4), torch.rand(4)
    (codes,) = photo_codes(SEAN, whole=whole, regions={2: sky})(batch_of(), 0)
    expected = whole.repeat(2, 1, 1)
    expected[0, 2] = expected[1, 2] = sky
    assert torch.equal(codes, expected)
    mixed = photo_codes(SEAN, regions={0: sky, 2: -sky})
    (own,), (codes,) = replace(mixed, regions={})(batch_of(), 0), mixed(batch_of(), 0)
    assert torch.equal(codes[:, 1], own[:, 1]) and torch.equal(codes[:, 3:], own[:, 3:])
    assert torch.equal(codes[0, 0], sky) and torch.equal(codes[1, 2], -sky)


@pytest.mark.parametrize("words", [SEAN, VAE], ids=["sean", "vae"])
def test_from_its_own_style_to_another(words: tuple[str, ...]) -> None:
    given = photo_codes(words, steps=5)
    whole = torch.rand(1, *given.generator.G.encoder.code_shape)
    path = replace(given, whole=whole)(batch_of(), 0)
    (own,) = replace(given, steps=None)(batch_of(), 0)
    assert len(path) == 5 and torch.equal(path[0], own) and torch.equal(path[-1], whole.expand_as(own))
    for step, codes in enumerate(path):
        torch.testing.assert_close(codes, own + step / 4 * (whole - own))


def test_from_the_style_without_regions_to_the_one_with_them() -> None:
    whole, sky = torch.rand(1, 15, 4), torch.rand(4)
    path = photo_codes(SEAN, whole=whole, regions={2: sky}, steps=3)(batch_of(), 0)
    assert torch.equal(path[0], whole.expand(2, 15, 4)) and torch.equal(path[2][1, 2], sky)
    torch.testing.assert_close(path[1][0, 2], (whole[0, 2] + sky) / 2)
    kept = [label for label in range(15) if label != 2]
    for codes in path:
        torch.testing.assert_close(codes[:, kept], whole[:, kept].expand(2, 14, 4))


def test_a_class_without_a_style_is_named() -> None:
    whole = torch.rand(1, 15, 4)
    whole[0, [2, 7]] = 0
    with pytest.raises(ValueError, match=r"a: the label map has class 2.*add style\.2=PHOTO"):
        photo_codes(SEAN, whole=whole)(batch_of(), 0)
    photo_codes(SEAN, whole=whole, regions={2: torch.rand(4)})(batch_of(), 0)


def test_draws_depend_on_seed_label_map_and_sample_and_not_on_the_batch() -> None:
    drawn = DrawnCodes(generator_of(*VAE), samples=3, seed=1)
    at_once = drawn(batch_of(4), 0)
    in_parts = zip(drawn(batch_of(3), 0), drawn(batch_of(1), 3))
    assert all(torch.equal(all_four, torch.cat(parts)) for all_four, parts in zip(at_once, in_parts))
    assert len(torch.cat(at_once).unique(dim=0)) == 12, "each is another"
    assert not torch.equal(replace(drawn, seed=2)(batch_of(4), 0)[0], at_once[0])


def test_learned_styles() -> None:
    batch = batch_of()
    assert [style_batch.style_id.tolist() for style_batch in StyleSampling(no_codes, None)(batch, 0)] == [
        [0, 1]
    ]
    style_sampling = StyleSampling(no_codes, [3, 1])(batch, 0)
    assert [style_batch.style_id.tolist() for style_batch in style_sampling] == [[3, 3], [1, 1]]
    assert all(style_batch.styles is None for style_batch in style_sampling)
