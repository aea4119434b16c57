"""Procedural textures: seamless grey tiles made from filtered noise, at six degrees of blur."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from functools import cache

import numpy as np

SIZE = 256  # texels a side; a power of two
LEVELS = 6  # level n is blurred for steps of 2**n texels


Texture = IntEnum(
    "Texture",
    "PLAIN CIRRUS STARS PUFFS ROCK WAVES RIPPLES BLADES DRIFTS GRAIN LEAVES NEEDLES BRICKS PLANKS TILES",
    start=0,
)
"""The tiles of the atlas."""


@cache
def atlas() -> np.ndarray:
    """All tiles at all levels, uint8 (len(Texture) * LEVELS * SIZE * SIZE,): small enough for a cache."""
    levels = [level for texture in Texture for level in _blurred(_PAINTERS[texture](texture))]
    return np.concatenate([np.rint(255.0 * level).astype(np.uint8).ravel() for level in levels])


def _blurred(tile: np.ndarray) -> list[np.ndarray]:
    """The tile at each level: a Gaussian whose width doubles, applied to the spectrum."""
    frequency = np.hypot(np.fft.fftfreq(SIZE)[:, None], np.fft.fftfreq(SIZE)[None, :])
    spectrum = np.fft.fft2(tile)
    widths = [0.0] + [0.4 * 2.0**level for level in range(1, LEVELS)]
    blurs = [np.exp(-2.0 * (np.pi * width * frequency) ** 2) for width in widths]
    return [np.clip(np.fft.ifft2(spectrum * blur).real, 0.0, 1.0) for blur in blurs]


def _noise(seed: int, power: float, across: float = 1.0, down: float = 1.0, lowest: float = 0) -> np.ndarray:
    """Seamless noise of mean 0 and deviation 1 whose amplitude falls as 1 / frequency ** power.

    Features are longer down than across where `down` is above `across`, and shorter where below;
    frequencies under `lowest` (cycles a tile) are removed.
    """
    # RandomState's stream is frozen across numpy's versions, a Generator's is not.
    white = np.random.RandomState(seed).standard_normal((SIZE, SIZE))
    cycles = np.fft.fftfreq(SIZE, d=1.0 / SIZE)
    frequency = np.hypot(down * cycles[:, None], across * cycles[None, :])
    gain = np.where(frequency > lowest, np.maximum(frequency, 1.0) ** -power, 0.0)
    gain[0, 0] = 0.0
    noise = np.fft.ifft2(np.fft.fft2(white) * gain).real
    return noise / noise.std()


def _to_unit(values: np.ndarray, spread: float = 0.22) -> np.ndarray:
    """Deviation 1 -> `spread` about 0.5, cut to [0, 1]."""
    return np.clip(0.5 + spread * values, 0.0, 1.0)


def _stars(seed: int) -> np.ndarray:
    """Points of different brightness, each a small disc so that they survive a small picture."""
    random = np.random.RandomState(seed)
    sky = np.zeros((SIZE, SIZE))
    rows, columns = random.randint(0, SIZE, (2, 130))
    sky[rows, columns] = random.uniform(0.3, 1.0, 130) ** 2
    disc = sum(np.roll(sky, (down, across), (0, 1)) for down in (0, 1) for across in (0, 1))
    return np.clip(disc, 0.0, 1.0)


def _rock(seed: int) -> np.ndarray:
    """Folded slopes embossed by light from the right."""
    folds = np.abs(_noise(seed, 2.2, across=1.0, down=0.65, lowest=2.0)) ** 0.8
    relief = np.roll(folds, 3, 1) - folds
    return _to_unit(relief / relief.std() + 0.5 * _noise(seed + 100, 1.2), 0.22)


def _waves(seed: int) -> np.ndarray:
    """Short crests across the view."""
    crests = np.abs(_noise(seed, 1.0, across=1.0, down=0.45, lowest=3.0))
    return np.clip(1.05 - 0.62 * crests + 0.06 * _noise(seed + 100, 1.5), 0.0, 1.0) ** 1.6


def _ripples(seed: int) -> np.ndarray:
    """Wind ripples with grains between."""
    down = np.arange(SIZE)[:, None] / SIZE
    bent = np.sin(2.0 * np.pi * (14.0 * down + 0.28 * _noise(seed, 1.9)))
    return _to_unit(0.5 * bent + 0.7 * _noise(seed + 100, 1.2) + 0.4 * _noise(seed + 200, 0.1), 0.18)


def _tiles(seed: int) -> np.ndarray:
    """Roof tiles in courses, dark where one lies under the next."""
    down = np.arange(SIZE)[:, None] % 16 / 16.0
    tiles = _courses(seed, rows=16, columns=16, joint=0.1, mortar=0.15)
    return np.clip(tiles * (0.65 + 0.5 * down), 0.0, 1.0)


def _courses(seed: int, rows: int, columns: int, joint: float, mortar: float) -> np.ndarray:
    """Shifted courses of blocks; `joint` is the mortar's fraction of a course, `mortar` its brightness."""
    random = np.random.RandomState(seed)
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    row = (y * rows).astype(int)
    place = x * columns + 0.5 * (row % 2)
    shade = random.uniform(0.2, 0.7, (rows, columns))[row, place.astype(int) % columns]
    joints = ((y * rows) % 1.0 < joint) | (place % 1.0 < joint * columns / rows)
    return np.where(joints, mortar, np.clip(shade + 0.06 * _noise(seed + 100, 0.5), 0.0, 1.0))


def _planks(seed: int) -> np.ndarray:
    """Boards that lie across, with a shadow under each and the grain along."""
    y = np.arange(SIZE)[:, None] / SIZE
    shadow = np.where((y * 12) % 1.0 < 0.16, 0.45, 0.0)
    return np.clip(_to_unit(_noise(seed, 0.9, across=5.0), 0.12) + 0.15 - shadow, 0.0, 1.0)


_PAINTERS: dict[Texture, Callable[[int], np.ndarray]] = {
    Texture.PLAIN: lambda seed: _to_unit(_noise(seed, 1.0)),
    # Wisps that lie across: only the crests of a soft noise show.
    Texture.CIRRUS: lambda seed: np.clip(0.35 * (_noise(seed, 1.7, across=3.5, down=1.0) - 0.2), 0.0, 1.0),
    Texture.STARS: _stars,
    # Billows: the folds of a soft noise are dark.
    Texture.PUFFS: lambda seed: _to_unit(np.abs(_noise(seed, 1.6, lowest=2.0)) * 1.5 - 1.0, 0.25),
    Texture.ROCK: _rock,
    Texture.WAVES: _waves,
    Texture.RIPPLES: _ripples,
    # Upright strokes over patches of another tone.
    Texture.BLADES: lambda seed: _to_unit(
        0.85 * _noise(seed, 0.6, across=0.5, down=3.0, lowest=3.0)
        + 0.45 * _noise(seed + 100, 1.2, lowest=2.0),
        0.24,
    ),
    # Snow: soft waves and a little glitter.
    Texture.DRIFTS: lambda seed: _to_unit(
        _noise(seed, 1.9, across=0.6, lowest=1.0) + 0.25 * _noise(seed + 100, 0.2), 0.24
    ),
    # Fine grains with worn patches.
    Texture.GRAIN: lambda seed: _to_unit(
        0.6 * _noise(seed, 0.1) + 0.8 * _noise(seed + 100, 1.4, across=2.0, down=0.6), 0.2
    ),
    # Tufts with dark gaps.
    Texture.LEAVES: lambda seed: _to_unit(
        0.8 * np.abs(_noise(seed, 0.5, lowest=8.0)) - 0.6 + 0.6 * _noise(seed + 100, 1.0, lowest=4.0), 0.34
    ),
    # Twigs that hang in strokes.
    Texture.NEEDLES: lambda seed: _to_unit(_noise(seed, 0.6, across=0.7, down=2.2, lowest=6.0), 0.3),
    # Each brick a shade of its own, with light mortar.
    Texture.BRICKS: lambda seed: _courses(seed, rows=16, columns=8, joint=0.14, mortar=0.95),
    Texture.PLANKS: _planks,
    Texture.TILES: _tiles,
}
