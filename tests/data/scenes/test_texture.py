"""Textures: seamless, full of contrast, and noise whose spectrum falls as it says."""

from itertools import pairwise

import numpy as np
import pytest

from data.scenes.texture import LEVELS, SIZE, Texture, _noise, atlas


def _tile(texture: Texture, level: int) -> np.ndarray:
    return atlas().reshape(len(Texture), LEVELS, SIZE, SIZE)[texture, level].astype(float)


@pytest.mark.parametrize("power", [0.5, 1.0, 1.7])
def test_amplitude_falls_as_the_frequency_to_its_power(power):
    amplitude = np.abs(np.fft.fft2(_noise(5, power)))
    cycles = np.fft.fftfreq(SIZE, d=1.0 / SIZE)
    frequency = np.hypot(cycles[:, None], cycles[None, :])
    chosen = (frequency >= 2) & (frequency <= 100)
    slope = np.polyfit(np.log(frequency[chosen]), np.log(amplitude[chosen]), 1)[0]
    assert slope == pytest.approx(-power, abs=0.05)


def test_noise_is_longer_the_way_it_is_asked_to_be():
    noise = _noise(5, 1.0, across=1.0, down=3.0)
    assert np.abs(np.diff(noise, axis=0)).mean() < 0.7 * np.abs(np.diff(noise, axis=1)).mean()


@pytest.mark.parametrize("texture", Texture)
def test_tiles_have_contrast_and_no_seam(texture):
    tile = _tile(texture, 0)
    assert tile.std() > 10
    for axis in (0, 1):
        steps = np.abs(tile - np.roll(tile, 1, axis)).mean(axis=1 - axis)  # the first is across the seam
        assert steps[0] <= 1.1 * steps[1:].max()


@pytest.mark.parametrize("texture", Texture)
def test_levels_are_ever_smoother_and_keep_the_mean(texture):
    tiles = [_tile(texture, level) for level in range(LEVELS)]
    roughness = [np.abs(np.diff(tile, axis=1)).mean() for tile in tiles]
    assert all(after < before for before, after in pairwise(roughness))
    assert np.ptp([tile.mean() for tile in tiles]) < 2.0
