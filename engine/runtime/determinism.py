"""What a run needs so that, stopped and resumed, it is bit for bit the uninterrupted one."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

MOST_THREADS = 256


def step_seed(seed: int, rank: int, images: int) -> int:
    """The seed of the step that begins after `images`, from which all its random numbers derive."""
    return int(np.random.SeedSequence((seed, rank, images)).generate_state(1)[0])


def style_seed(seed: int, sample: int, label_map: int) -> int:
    """The seed of the style that is drawn for a sample of a label map, whatever batch it is in."""
    return int(np.random.SeedSequence((seed, sample, label_map)).generate_state(1)[0])


def noise_seed(seed: int, label_map: int) -> int:
    """The seed of the noise in the images of a label map; no stream of `style_seed` is the same."""
    return int(np.random.SeedSequence((seed, label_map), spawn_key=(0,)).generate_state(1)[0])


def noise_vector_seed(seed: int, sample: int, label_map: int) -> int:
    """The seed of the noise vector for a sample of a label map; no stream of the others is the same."""
    return int(np.random.SeedSequence((seed, sample, label_map), spawn_key=(1,)).generate_state(1)[0])


class Threads:
    """The number of threads as a part of a run: with another one, sums differ in their last bits.

    Adam's first steps are signs of gradients: what differs in the last bit differs in the first digit later.

    `asked`: the option, which has precedence over a checkpoint; None: as torch chooses, or as the run had it;
    `processes`: a checkpoint's number holds for as many only, since they may share a machine.
    """

    def __init__(self, asked: int | None, processes: int) -> None:
        self.asked, self.processes = asked, processes
        if asked is not None:
            torch.set_num_threads(asked)

    def state_dict(self) -> dict[str, int]:
        """What a checkpoint keeps."""
        return {"threads": torch.get_num_threads(), "processes": self.processes}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Computes with as many threads as the run did, where it has as many processes."""
        threads, processes = int(state["threads"]), int(state["processes"])
        if not 1 <= threads <= MOST_THREADS:
            raise ValueError(f"{threads} threads: a process has 1 to {MOST_THREADS}")
        if self.asked is None and processes == self.processes:
            torch.set_num_threads(threads)
