"""Label maps in colour, for viewing."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

Colour = tuple[int, int, int]

LEVELS = np.linspace(0, 255, 17).round()  # of each of red, green and blue
MAX_COLOURS = 4096


def distinct_colours(count: int) -> tuple[Colour, ...]:
    """The first `count` colours (RGB, 0-255) of a fixed list; each as far as possible from those before it.

    Black and white are not among them: black is for unknown, white for paper. Greedy farthest-point selection
    on a grid of 17³ colours. Raises ValueError above 4096, where colours cannot be told apart any more.
    """
    if count > MAX_COLOURS:
        raise ValueError(f"{count} classes: at most {MAX_COLOURS} colours can be told apart; use fewer")
    grid = np.stack(np.meshgrid(LEVELS, LEVELS, LEVELS, indexing="ij"), axis=-1).reshape(-1, 3)  # (4913, 3)

    def distance_to(colour: np.ndarray) -> np.ndarray:
        return ((grid - colour) ** 2).sum(axis=1)  # (4913,)

    nearest = np.minimum(distance_to(grid[0]), distance_to(grid[-1]))  # (4913,): to black or white
    chosen: list[Colour] = []
    for _ in range(count):
        red, green, blue = grid[nearest.argmax()]
        chosen.append((int(red), int(green), int(blue)))
        nearest = np.minimum(nearest, distance_to(grid[nearest.argmax()]))
    return tuple(chosen)


def colourise(labels: Tensor, colours: tuple[Colour, ...]) -> Tensor:
    """Paints each class in its colour: ids (H, W) or (B, H, W) become uint8 RGB (3, H, W) or (B, 3, H, W)."""
    table = torch.tensor(colours, dtype=torch.uint8, device=labels.device)  # (K, 3)
    return table[labels.long()].movedim(-1, -3)
