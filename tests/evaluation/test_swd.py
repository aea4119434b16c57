"""The sliced Wasserstein distance against its definition in numpy and scipy; what it should see."""

from __future__ import annotations

import zlib
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.ndimage import convolve
from scipy.stats import wasserstein_distance
from torch import Tensor
from torchvision.transforms.v2.functional import gaussian_blur

import evaluation.swd
from evaluation.swd import PatchCollector, PyramidPatches, sliced_wasserstein_distance
from tests.evaluation.made_up import pictures

HEIGHT, WIDTH = 33, 70
SCALES = ["70x33", "35x17"]
CPU = torch.device("cpu")


def collected(shown: Tensor, batch_size: int = 4, order: list[int] | None = None) -> PyramidPatches:
    collector = PatchCollector()
    for part in torch.tensor(order or range(len(shown))).split(batch_size):
        collector.update(shown[part], [f"photo {number}" for number in part.tolist()])
    return collector.compute()


def distance(first: Tensor, second: Tensor) -> dict[str, float]:
    return sliced_wasserstein_distance(collected(first), collected(second), CPU)


def blurred_slowly(channel: np.ndarray) -> np.ndarray:
    kernel = np.array([1, 4, 6, 4, 1]) / 16
    return convolve(channel, np.outer(kernel, kernel), mode="mirror")


def pyramid_slowly(picture: np.ndarray) -> list[np.ndarray]:
    """Levels (3, h, w) of a picture (3, H, W), while the shorter side has 16 pixels."""
    gaussian = [picture]
    while min((gaussian[-1].shape[1] + 1) // 2, (gaussian[-1].shape[2] + 1) // 2) >= 16:
        gaussian.append(np.stack([blurred_slowly(channel)[::2, ::2] for channel in gaussian[-1]]))
    levels = []
    for fine, coarse in pairwise(gaussian):
        between = np.zeros_like(fine)
        between[:, ::2, ::2] = coarse
        levels.append(fine - np.stack([4 * blurred_slowly(channel) for channel in between]))
    return [*levels, gaussian[-1]]


def descriptors_slowly(shown: Tensor, level: int) -> np.ndarray:
    """Of all patches of a level, standardised by colour, one in a row."""
    table = torch.rand(4096, 128, 2, generator=torch.Generator().manual_seed(0)).numpy()
    patches = []
    for number, picture in enumerate(shown.double().numpy()):
        detail = pyramid_slowly(picture)[level]
        _, height, width = detail.shape
        for y, x in table[zlib.crc32(f"photo {number}".encode()) % 4096]:
            top = int(y * np.float32(height - 6))
            left = int(x * np.float32(width - 6))
            patches.append(detail[:, top : top + 7, left : left + 7])
    stacked = np.stack(patches)
    for colour in range(3):
        stacked[:, colour] -= stacked[:, colour].mean()
        stacked[:, colour] /= stacked[:, colour].std()
    return stacked.reshape(len(stacked), -1)


def by_definition(first: Tensor, second: Tensor) -> dict[str, float]:
    directions = torch.randn(512, 147, generator=torch.Generator().manual_seed(0)).double().numpy()
    values = {}
    for level, scale in enumerate(SCALES):
        x, y = descriptors_slowly(first, level), descriptors_slowly(second, level)
        found = []
        for direction in directions:
            unit = direction / np.linalg.norm(direction)
            a, b = np.sort(x @ unit), np.sort(y @ unit)
            if len(a) == len(b):
                found.append(wasserstein_distance(a, b))
            else:
                count = min(len(a), len(b))
                at = (np.arange(count) + 0.5) / count
                quantiles = [np.quantile(each, at, method="inverted_cdf") for each in (a, b)]
                found.append(np.abs(quantiles[0] - quantiles[1]).mean())
        values[scale] = 1000 * float(np.mean(found))
    return {"": float(np.mean(list(values.values())))} | values


@pytest.mark.parametrize("photos", [3, 2])
def test_is_its_definition(photos: int) -> None:
    first, second = pictures(3, HEIGHT, WIDTH, seed=1), pictures(photos, HEIGHT, WIDTH, seed=2) ** 3
    found = distance(first, second)
    assert list(found) == ["", *SCALES]
    assert found == pytest.approx(by_definition(first, second), rel=3e-4), "patches are rounded to float16"


def photographs(count: int) -> Tensor:
    """Pictures with detail at every scale: noise whose power falls with frequency, as a photograph's."""
    random = torch.Generator().manual_seed(0)
    spectrum = torch.fft.rfft2(torch.randn(count, 3, 64, 96, generator=random))
    down, across = torch.fft.fftfreq(64)[:, None], torch.fft.rfftfreq(96)
    falling = torch.fft.irfft2(spectrum / (down.square() + across.square()).sqrt().clamp(min=1 / 96))
    return falling / falling.abs().amax()


def test_a_set_is_at_no_distance_from_itself() -> None:
    shown = photographs(5)
    assert set(distance(shown, shown.clone()).values()) == {0.0}


def test_a_blur_shows_most_at_the_finest_scale() -> None:
    shown = photographs(16)
    found = distance(gaussian_blur(shown, [5, 5], [1.0, 1.0]), shown)
    assert found["96x64"] > 2 * found["48x32"] and found["48x32"] > found["24x16"] > 0
    assert found[""] == pytest.approx((found["96x64"] + found["48x32"] + found["24x16"]) / 3)


def test_one_of_two_halves_is_nearer_than_other_pictures() -> None:
    shown = photographs(16)
    halves, others = distance(shown[:8], shown[8:])[""], distance(shown[:8], pictures(8, 64, 96))[""]
    assert 0 < 1.5 * halves < others


def test_neither_batches_nor_order_nor_blocks_show(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = pictures(6, HEIGHT, WIDTH, seed=1), pictures(4, HEIGHT, WIDTH, seed=2)
    expected = distance(first, second)
    shuffled = collected(first, batch_size=1, order=[4, 0, 5, 2, 1, 3])
    monkeypatch.setattr(evaluation.swd, "BLOCK", 100)
    found = sliced_wasserstein_distance(shuffled, collected(second), CPU)
    assert found == pytest.approx(expected, rel=1e-5)


def test_a_level_without_detail_is_no_division_by_zero() -> None:
    flat = torch.zeros(2, 3, 16, 20)
    assert set(distance(flat, flat + 0.5).values()) == {0.0}
    assert distance(flat, pictures(2))[""] > 100


def test_pictures_are_stored_as_the_docstring_says() -> None:
    patches = collected(torch.zeros(1, 3, 256, 256)).patches
    assert patches.shape == (1, 5, 128, 3, 7, 7) and patches.dtype == torch.float16
    assert patches.nbytes == pytest.approx(190e3, rel=0.02)


def test_pictures_of_other_sizes_are_refused() -> None:
    collector = PatchCollector()
    collector.update(torch.zeros(1, 3, 16, 20), ["a"])
    with pytest.raises(ValueError, match=r"one size; there are 20×16 and 22×16: resize them"):
        collector.update(torch.zeros(1, 3, 16, 22), ["b"])
    with pytest.raises(ValueError, match="are 20×15; swd takes at least 16×16"):
        PatchCollector().update(torch.zeros(1, 3, 15, 20), ["a"])
    with pytest.raises(ValueError, match="one size"):
        distance(torch.zeros(1, 3, 16, 20), torch.zeros(1, 3, 32, 40))
