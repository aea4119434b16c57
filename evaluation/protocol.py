"""Protocol: how a number was made, so that two people get the same one."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from data.atomic_write import write_text_atomically

Rows = dict[str, dict[str, float]]
"""Numbers as `evaluate` returns them: a row (model, mean_colour_baseline, real_train) of named figures."""

METRICS = "metrics.json"
"""The file beside a report that holds its numbers."""

PictureKind = Literal["png", "tensor"]


@dataclass(frozen=True)
class Protocol:
    """All that a figure depends on besides the model; written into metrics.json and shown with the numbers.

    `dataset` and `split`: the photos compared with; `count`: how many; `height`, `width` in pixels, None
    where every picture keeps its own size; `resize_filter`: how photos came to that size ("lanczos",
    "bicubic"; "none" where they were stored so); `pictures`: "png" where they are measured as 8-bit files
    hold them, "tensor" where unrounded; `ema`: whether the generator's averaged weights were used; `seed`:
    of the noise; both None where the pictures came from elsewhere.

    Raises ValueError for a count or a size below 1, or another kind of pictures.
    """

    dataset: str
    split: str
    count: int
    height: int | None
    width: int | None
    resize_filter: str
    pictures: PictureKind
    ema: bool | None
    seed: int | None

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(
                f"protocol.count is {self.count}; metrics take at least one picture: check the split"
            )
        if any(side is not None and side < 1 for side in (self.height, self.width)):
            raise ValueError(
                f"protocol size is {self.width}×{self.height}; sides are at least 1 pixel, or None"
            )
        if self.pictures not in get_args(PictureKind):
            raise ValueError(
                f"protocol.pictures is {self.pictures!r}; choose one of {', '.join(get_args(PictureKind))}"
            )

    def metric_name(self, metric: str) -> str:
        """The full name of a figure: `fd_efficientnet_lite2` on 101 pictures of val ends in `_val_101`."""
        return f"{metric}_{self.split}_{self.count}"

    def describe(self) -> list[tuple[str, str]]:
        """Pairs of words for people, in the order to print them."""
        size = "each its own" if self.height is None or self.width is None else f"{self.width}×{self.height}"
        kinds = {"png": "rounded to 8 bits, as in PNG files", "tensor": "not rounded"}
        described = [
            ("data set", f"{self.dataset}, {self.split}, {self.count} pictures"),
            ("size", f"{size}, {self._filtering()}"),
            ("pictures", kinds[self.pictures]),
        ]
        if self.ema is not None:
            described.append(("weights", "moving average (EMA)" if self.ema else "as trained, no EMA"))
        if self.seed is not None:
            described.append(("seed", str(self.seed)))
        return described

    def _filtering(self) -> str:
        if self.resize_filter == "none":
            return "not resized"
        return f"photos resized {self.resize_filter}, antialiased"


def write_metrics(
    path: Path,
    rows: Rows,
    protocol: Protocol,
    class_ious: Rows | None = None,
    notes: Sequence[str] = (),
    colour_errors: Rows | None = None,
) -> None:
    """Writes `rows` with their protocol, the metrics' full names, figures by class and notes as JSON.

    JSON has no infinity (the PSNR of a picture with itself): it is written as the string "infinity".
    Raises ValueError for NaN, which no metric here returns.
    """

    def number(value: float) -> float | str:
        if math.isnan(value):
            raise ValueError(f"{path}: a metric is NaN; nothing was written")
        return "infinity" if math.isinf(value) else value

    metrics = {row: {name: number(value) for name, value in figures.items()} for row, figures in rows.items()}
    names = {name: protocol.metric_name(name) for name in rows["model"] if name != "images"}
    content: dict[str, object] = {"metrics": metrics, "names": names, "protocol": asdict(protocol)}
    content |= {"class_ious": class_ious} if class_ious else {}
    content |= {"colour_errors": colour_errors} if colour_errors else {}
    content |= {"notes": list(notes)} if notes else {}
    write_text_atomically(path, json.dumps(content, indent=2, allow_nan=False) + "\n")
