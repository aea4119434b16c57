"""Where the random numbers of a step come from."""

from __future__ import annotations

import numpy as np


def step_seed(seed: int, rank: int, images: int) -> int:
    """The seed of the step that begins after `images`: a resumed run repeats the uninterrupted one."""
    return int(np.random.SeedSequence((seed, rank, images)).generate_state(1)[0])


def style_seed(seed: int, sample: int, label_map: int) -> int:
    """The seed of the style that is drawn for a sample of a label map, whatever batch it is made in."""
    return int(np.random.SeedSequence((seed, sample, label_map)).generate_state(1)[0])


def noise_seed(seed: int, label_map: int) -> int:
    """The seed of the noise in the images of a label map; no stream of `style_seed` is the same."""
    return int(np.random.SeedSequence((seed, label_map), spawn_key=(0,)).generate_state(1)[0])
