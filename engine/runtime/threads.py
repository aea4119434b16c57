"""The threads of a process: with another number of them, sums come out differently in their last bits."""

from __future__ import annotations

from typing import Any

import torch

MOST_THREADS = 256


class Threads:
    """The number of threads as a part of a run, so that a resumed run repeats the uninterrupted one.

    Batch statistics, products and convolutions split their sums among threads, and Adam's first moves are
    signs of gradients: what differs in the last bit differs in the first digit some steps later.

    `asked`: what a person said, which goes before what a checkpoint says; None: as torch chooses, or as the
    run had it. `processes`: a checkpoint's number holds for as many only, since they may share a machine.
    """

    def __init__(self, asked: int | None, processes: int) -> None:
        self.asked = asked
        self.processes = processes
        if asked is not None:
            torch.set_num_threads(asked)

    def state_dict(self) -> dict[str, int]:
        """What a checkpoint keeps."""
        return {"threads": torch.get_num_threads(), "processes": self.processes}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Computes with as many threads as the run did, where as many processes share in it."""
        threads, processes = int(state["threads"]), int(state["processes"])
        if not 1 <= threads <= MOST_THREADS:
            raise ValueError(f"{threads} threads: a process has 1 to {MOST_THREADS}")
        if self.asked is None and processes == self.processes:
            torch.set_num_threads(threads)
