"""The built-in data set: small drawn worlds, so that everything can be tried with nothing downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from data.scenes import draw, plan_scene
from data.scenes.labels import COLOURS, NAMES
from data.scenes.layout import Layout
from data.scenes.styles import STYLES
from data.sources.label_format import StoredIds
from data.sources.source import LabelSet, Record, SplitAbsent

LABEL_FORMAT = StoredIds.in_order(LabelSet(NAMES, COLOURS, has_unknown=False))
COUNTS = {"train": 20_000, "val": 500, "test": 500}


class Scenes:
    """One split of the built-in world; nothing is stored, `read` draws.

    Every scene has a number, and the splits deal the numbers out in turn: no count makes them overlap.
    The style is drawn from a stream of its own, so that the label map does not reveal it.
    """

    label_set = LABEL_FORMAT.label_set
    has_instances = True

    def __init__(
        self,
        split: str,
        height: int,
        width: int,
        count: int | None = None,
        seed: int = 0,
        styles: Sequence[str] = tuple(STYLES),
    ) -> None:
        """Some of the `styles`, or all four.

        `height` and `width` in pixels; `count` scenes, or the split's usual number (20000, 500, 500).
        """
        if split not in COUNTS:
            raise SplitAbsent(
                f"split is {split!r}, which scenes does not have; choose one of {', '.join(COUNTS)}"
            )
        if height < 1 or width < 1:
            raise ValueError(
                f"scenes of {height}x{width} pixels cannot be drawn; give a height and a width of 1 or more"
            )
        if count is not None and count < 1:
            raise ValueError(f"count is {count}; give 1 scene or more, or none for the usual {COUNTS[split]}")
        if not styles or len(set(styles)) < len(styles) or not STYLES.keys() >= set(styles):
            raise ValueError(
                f"dataset.styles={','.join(styles)}: give one or more of {', '.join(STYLES)}, each once"
            )
        self.split = split
        self.styles = tuple(styles)
        self.height = height
        self.width = width
        self.count = COUNTS[split] if count is None else count
        self.seed = seed

    def __len__(self) -> int:
        return self.count

    def number(self, index: int) -> int:
        """The number of the scene at `index` among the scenes of all splits."""
        if not 0 <= index < self.count:
            raise IndexError(f"scene {index} of {self.count} in split {self.split}")
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
        drawing = draw(self.layout(index), self.styles[style_id], self.height, self.width)
        return Record(drawing.photo, drawing.labels, drawing.instances, style_id, f"{self.split}-{index:06d}")
