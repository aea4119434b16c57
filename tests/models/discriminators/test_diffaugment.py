"""Augmentation of what a discriminator sees, against each change written out pixel by pixel."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from models.condition import Condition
from models.discriminators.diffaugment import AUGMENTATIONS, augment
from models.discriminators.multiscale import MultiscaleDiscriminator
from models.losses.patch import discriminate, discriminate_fake

BATCH, HEIGHT, WIDTH, CLASSES = 3, 16, 24, 4
ALL = tuple(AUGMENTATIONS)


def sample() -> tuple[Tensor, Tensor, Condition]:
    noise = torch.Generator().manual_seed(0)
    fake, real = torch.rand(2, BATCH, 3, HEIGHT, WIDTH, generator=noise) * 2 - 1
    labels = torch.randint(CLASSES, (BATCH, HEIGHT, WIDTH), generator=noise)
    edges = torch.rand(BATCH, HEIGHT, WIDTH, generator=noise) < 0.3
    return fake, real, Condition(labels, edges)


def channels(condition: Condition) -> Tensor:
    return condition.one_hot(CLASSES, like=torch.empty(()))


def seen(*kinds: str, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    fake, real, labels = augment(kinds, *sample(), torch.Generator().manual_seed(seed))
    return fake, real, labels.one_hot(CLASSES, like=fake)


def moved(maps: Tensor, down: int, right: int) -> Tensor:
    """One sample's maps (C, H, W), a pixel at a time."""
    result = torch.zeros_like(maps)
    for row in range(HEIGHT):
        for column in range(WIDTH):
            if 0 <= row - down < HEIGHT and 0 <= column - right < WIDTH:
                result[:, row, column] = maps[:, row - down, column - right]
    return result


def translations_of(before: Tensor, after: Tensor) -> list[tuple[int, int]]:
    """Every move by up to an eighth that makes one of the other."""
    rows, columns = HEIGHT // 8, WIDTH // 8
    moves = [
        (down, right) for down in range(-rows, rows + 1) for right in range(-columns, columns + 1)
    ]  # fmt: skip
    return [move for move in moves if torch.equal(moved(before, *move), after)]


def test_none_is_as_it_was() -> None:
    fake, real, labels = sample()
    noise = torch.Generator().manual_seed(3)
    before = noise.get_state()
    assert all(a is b for a, b in zip(augment((), fake, real, labels, noise), (fake, real, labels)))
    assert torch.equal(noise.get_state(), before), "drew random numbers, so the published step is another"


def test_translation_moves_image_photo_and_labels_alike() -> None:
    fake, real, labels = sample()
    moves = set()
    for seed in range(40):
        after = seen("translation", seed=seed)
        for index in range(BATCH):
            before = (fake[index], real[index], channels(labels)[index])
            found = [translations_of(b, a[index]) for b, a in zip(before, after)]
            assert len(found[0]) == 1 and found[0] == found[1] == found[2]
            moves |= set(found[0])
    assert {down for down, _ in moves} == set(range(-2, 3)), "an eighth of 16 rows"
    assert {right for _, right in moves} == set(range(-3, 4)), "an eighth of 24 columns"


def test_cutout_hides_half_of_each_side_around_any_pixel() -> None:
    fake, real, labels = sample()
    centres_at_the_border = 0
    for seed in range(20):
        after = seen("cutout", seed=seed)
        for index in range(BATCH):
            before = (fake[index], real[index], channels(labels)[index])
            gone = (after[0][index] == 0).all(0)  # (H, W)
            for b, a in zip(before, after):
                torch.testing.assert_close(a[index], torch.where(gone, 0, b))
            rows, columns = gone.any(1).nonzero().flatten(), gone.any(0).nonzero().flatten()
            height, width = int(rows.max() - rows.min()) + 1, int(columns.max() - columns.min()) + 1
            assert int(gone.sum()) == height * width, "no rectangle"
            assert HEIGHT // 4 <= height <= HEIGHT // 2 and WIDTH // 4 <= width <= WIDTH // 2
            clipped = height < HEIGHT // 2 or width < WIDTH // 2
            centres_at_the_border += clipped
            ends = (rows == 0) | (rows == HEIGHT - 1), (columns == 0) | (columns == WIDTH - 1)
            assert not clipped or any(end.any() for end in ends)
    assert 0 < centres_at_the_border < 20 * BATCH


def test_colour_as_the_paper_writes_it_one_step_after_another() -> None:
    """Brightness, then contrast, then saturation, each with its own mean; the label map stays."""
    fake, real, labels = sample()
    after = seen("color", seed=5)
    brightness, saturation, contrast = torch.rand(
        3, BATCH, 1, 1, 1, generator=torch.Generator().manual_seed(5)
    )
    for photos, changed in ((fake, after[0]), (real, after[1])):
        expected = photos + (brightness - 0.5)
        middle = expected.mean((1, 2, 3), keepdim=True)
        expected = (expected - middle) * (contrast + 0.5) + middle
        grey = expected.mean(1, keepdim=True)
        expected = (expected - grey) * (2 * saturation) + grey
        torch.testing.assert_close(changed, expected)
        assert not torch.allclose(changed, photos, atol=0.05)
    assert torch.equal(after[2], channels(labels))


@pytest.mark.parametrize("kind", ALL)
def test_samples_are_changed_by_themselves_and_repeat_with_the_seed(kind: str) -> None:
    first, again, other = seen(kind), seen(kind), seen(kind, seed=1)
    for a, b, c in zip(first[:2], again[:2], other[:2]):
        assert torch.equal(a, b) and not torch.equal(a, c)
    same = torch.ones(BATCH, 3, HEIGHT, WIDTH)
    change = AUGMENTATIONS[kind](same.shape, torch.Generator().manual_seed(0))
    changed = change(same * torch.linspace(-1, 1, WIDTH))
    assert not torch.equal(changed[0], changed[1])


@pytest.mark.parametrize("kind", ALL)
def test_gradients_pass(kind: str) -> None:
    """Of double precision numbers, against differences."""
    shape = torch.Size((2, 3, 8, 8))
    photos = torch.rand(shape, dtype=torch.double, requires_grad=True)
    change = AUGMENTATIONS[kind](shape, torch.Generator().manual_seed(0))
    assert change(photos).dtype == torch.double
    assert torch.autograd.gradcheck(change, photos)


def test_a_discriminator_sees_the_changed_label_map() -> None:
    """Judged with the changes, as an untouched one judges changed images beside changed channels."""
    torch.manual_seed(0)
    discriminator = MultiscaleDiscriminator(CLASSES, edges=True, width=4, layers=2, scales=1, spectral=False)
    fake, real, labels = augment(ALL, *sample(), torch.Generator().manual_seed(2))
    maps = labels.one_hot(CLASSES, like=fake)
    for found in (discriminate, discriminate_fake):
        fakes, reals = found(discriminator, fake, real, labels)
        for images, output in ((fake, fakes[0]), (real, reals[0])):
            patches = discriminator.scales[0]
            torch.testing.assert_close(output.logits, patches(images, patches.label_features(maps)).logits)
    plain = discriminate(discriminator, fake, real, sample()[2])[0][0]
    assert not torch.allclose(plain.logits, fakes[0].logits, atol=1e-4)
