"""In which styles label maps are made: own, given, mixed, between two, drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from data.batch import Batch
from inference.style_sampling import StyleSampling
from tests.inference.test_generator import SEAN, VAE, generator_of

NAMES = [f"class {label}" for label in range(15)]


def batch_of(count: int = 2) -> Batch:
    random = torch.Generator().manual_seed(0)
    photo = torch.rand(count, 3, 32, 32, generator=random) * 2 - 1
    labels = torch.randint(3, (count, 32, 32), generator=random)
    return Batch(photo, labels, None, torch.arange(count), tuple("abcdefgh"[:count]))


def sampling(words: tuple[str, ...], **arguments: object) -> StyleSampling:
    return replace(StyleSampling(generator_of(*words), seed=0, class_names=NAMES), **arguments)


def codes_of(sampling: StyleSampling, batch: Batch, first: int = 0) -> list[Tensor]:
    return [style_batch.styles for style_batch in sampling(batch, first)]


@pytest.mark.parametrize("words", [SEAN, VAE], ids=["sean", "vae"])
def test_each_has_the_style_of_its_own_photo(words: tuple[str, ...]) -> None:
    own_styles, batch = sampling(words), batch_of()
    (own,) = codes_of(own_styles, batch)
    for place in range(2):
        alone = own_styles.generator.styles(batch.photo[place : place + 1], batch.labels[place : place + 1])
        torch.testing.assert_close(own[place : place + 1], alone)


def test_without_photos_the_mean_or_one_that_is_drawn() -> None:
    batch, means = replace(batch_of(), photo=None), torch.rand(15, 4)
    sean = sampling(SEAN)
    with pytest.raises(ValueError, match="give photos"):
        sean(batch, 0)
    assert torch.equal(codes_of(replace(sean, means=lambda: means), batch)[0], means.expand(2, 15, 4))
    vae = sampling(VAE)
    assert torch.equal(codes_of(vae, batch, 6)[0], codes_of(replace(vae, samples=1), batch, 6)[0])


def test_one_style_for_all_and_regions_in_styles_of_their_own() -> None:
    whole, sky = torch.rand(1, 15, 4), torch.rand(4)
    (codes,) = codes_of(sampling(SEAN, whole=whole, regions={2: sky}), batch_of())
    expected = whole.repeat(2, 1, 1)
    expected[0, 2] = expected[1, 2] = sky
    assert torch.equal(codes, expected)
    mixed = sampling(SEAN, regions={0: sky, 2: -sky})
    (own,), (codes,) = codes_of(replace(mixed, regions={}), batch_of()), codes_of(mixed, batch_of())
    assert torch.equal(codes[:, 1], own[:, 1]) and torch.equal(codes[:, 3:], own[:, 3:])
    assert torch.equal(codes[0, 0], sky) and torch.equal(codes[1, 2], -sky)


@pytest.mark.parametrize("words", [SEAN, VAE], ids=["sean", "vae"])
def test_from_its_own_style_to_another(words: tuple[str, ...]) -> None:
    given = sampling(words, steps=5)
    whole = torch.rand(1, *given.generator.G.encoder.code_shape)
    path = codes_of(replace(given, whole=whole), batch_of())
    (own,) = codes_of(replace(given, steps=None), batch_of())
    assert len(path) == 5 and torch.equal(path[0], own) and torch.equal(path[-1], whole.expand_as(own))
    for step, codes in enumerate(path):
        torch.testing.assert_close(codes, own + step / 4 * (whole - own))


def test_from_the_style_without_regions_to_the_one_with_them() -> None:
    whole, sky = torch.rand(1, 15, 4), torch.rand(4)
    path = codes_of(sampling(SEAN, whole=whole, regions={2: sky}, steps=3), batch_of())
    assert torch.equal(path[0], whole.expand(2, 15, 4)) and torch.equal(path[2][1, 2], sky)
    torch.testing.assert_close(path[1][0, 2], (whole[0, 2] + sky) / 2)
    kept = [label for label in range(15) if label != 2]
    for codes in path:
        torch.testing.assert_close(codes[:, kept], whole[:, kept].expand(2, 14, 4))


def test_a_class_that_the_photo_does_not_show_has_the_mean_style() -> None:
    whole, means = torch.rand(1, 15, 4), torch.rand(15, 4)
    whole[0, [2, 7]] = 0
    (codes,) = codes_of(sampling(SEAN, whole=whole, means=lambda: means), batch_of())
    assert torch.equal(codes[1, [2, 7]], means[[2, 7]])
    assert torch.equal(codes[:, [0, 1, 3]], whole[:, [0, 1, 3]].expand(2, 3, 4))


def test_mean_styles_are_taken_only_where_a_label_map_needs_them() -> None:
    def none() -> Tensor:
        raise ValueError("no training photos")

    whole = torch.rand(1, 15, 4)
    whole[0, 7] = 0  # a class of no label map
    assert torch.equal(codes_of(sampling(SEAN, whole=whole, means=none), batch_of())[0][:1], whole)
    whole[0, 2] = 0
    with pytest.raises(
        ValueError,
        match=r"a: the label map has class 2.*nothing and no training photos; or add style\.2=PHOTO",
    ):
        sampling(SEAN, whole=whole, means=none)(batch_of(), 0)
    sampling(SEAN, whole=whole, means=none, regions={2: torch.rand(4)})(batch_of(), 0)


def test_draws_depend_on_seed_label_map_and_sample_and_not_on_the_batch() -> None:
    drawn = sampling(VAE, samples=3, seed=1)
    at_once = codes_of(drawn, batch_of(4))
    in_parts = zip(codes_of(drawn, batch_of(3)), codes_of(drawn, batch_of(1), 3))
    assert all(torch.equal(all_four, torch.cat(parts)) for all_four, parts in zip(at_once, in_parts))
    assert len(torch.cat(at_once).unique(dim=0)) == 12, "each is another"
    assert not torch.equal(codes_of(replace(drawn, seed=2), batch_of(4))[0], at_once[0])


def test_learned_styles() -> None:
    batch, spade = batch_of(), sampling(())
    assert [style_batch.style_id.tolist() for style_batch in spade(batch, 0)] == [[0, 1]]
    style_batches = replace(spade, style_ids=[3, 1])(batch, 0)
    assert [style_batch.style_id.tolist() for style_batch in style_batches] == [[3, 3], [1, 1]]
    assert all(style_batch.styles is None for style_batch in style_batches)
