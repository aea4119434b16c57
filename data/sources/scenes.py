"""The built-in data set: small drawn worlds, so that everything can be tried with nothing downloaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

from data.scenes import draw, plan_scene
from data.scenes.layout import Layout
from data.scenes.styles import STYLES
from data.sources.classes import read_label_set
from data.sources.label_format import StoredIds
from data.sources.source import Record, SplitAbsent

LABEL_FORMAT = StoredIds.in_order(read_label_set(Path(__file__).with_suffix(".csv")))
COUNTS = {"train": 20_000, "val": 500, "test": 500}


@dataclass
class Scenes:
    """One split of the built-in world; nothing is stored, `read` draws.

    Every scene has a number, and the splits deal the numbers out in turn: no count makes them overlap.
    The style is drawn from a stream of its own, so that the label map does not reveal it.

    `height` and `width` in pixels; `count` scenes, or the split's usual number (20000, 500, 500); some of the
    `styles`, or all four.
    """

    split: str
    height: int
    width: int
    count: int | None = None
    seed: int = 0
    styles: tuple[str, ...] = tuple(STYLES)

    label_set = LABEL_FORMAT.label_set
    has_instances = True

    def __post_init__(self) -> None:
        split, styles = self.split, tuple(self.styles)
        if split not in COUNTS:
            raise SplitAbsent(f"split is {split!r}, which scenes does not have; choose {', '.join(COUNTS)}")
        if not styles or len(set(styles)) < len(styles) or not STYLES.keys() >= set(styles):
            raise ValueError(
                f"dataset.styles={','.join(styles)}: give some of {', '.join(STYLES)}, each once"
            )
        self.styles = styles

    def __len__(self) -> int:
        return COUNTS[self.split] if self.count is None else self.count

    def number(self, index: int) -> int:
        """The number of the scene at `index` among the scenes of all splits."""
        if not 0 <= index < len(self):
            raise IndexError(f"scene {index} of {len(self)} in split {self.split}")
        return index * len(COUNTS) + list(COUNTS).index(self.split)

    def layout(self, index: int) -> Layout:
        """The scene's geometry, which `data.scenes.draw` draws in any style and at any resolution."""
        return plan_scene(Random(f"layout {self.seed} {self.number(index)}"), self.width / self.height)

    def style_id(self, index: int) -> int:
        """The scene's style; all are equally likely, whatever the layout."""
        return int(len(self.styles) * Random(f"style {self.seed} {self.number(index)}").random())

    def read(self, index: int) -> Record:
        """Draws one scene."""
        style_id = self.style_id(index)
        drawn = draw(self.layout(index), self.styles[style_id], self.height, self.width)
        return Record(*drawn, style_id, f"{self.split}-{index:06d}")
