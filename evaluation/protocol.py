"""Protocol: how a metric was computed, so that two people get the same value."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from data.atomic_write import write_text_atomically

Rows = dict[str, dict[str, float]]
"""Values as `evaluate` returns them: by row (model, mean_colour_baseline, real_train), then by metric."""

METRICS_FILE = "metrics.json"
"""The file beside a report that holds its metrics."""

BY_CLASS = {"iou": "class_ious", "colour_error": "colour_errors"}
"""Where that file holds what is measured by class."""

KINDS = {"png": "rounded to 8 bits, as in PNG files", "tensor": "not rounded"}
"""Of pictures, as the protocol names and describes them."""


@dataclass(frozen=True)
class Protocol:
    """All that a metric depends on besides the model; written into metrics.json and shown with the values.

    `dataset` and `split`: the photos compared with; `count`: how many; `height`, `width` in pixels, None
    where every picture keeps its own size; `resize_filter`: how photos came to that size ("lanczos",
    "bicubic"; "none" where they were stored so); `pictures`: "png" where they are measured as 8-bit files
    hold them, "tensor" where unrounded; `ema`: whether the generator's averaged weights were used; `seed`:
    of all that is drawn; both None where the pictures came from elsewhere.
    """

    dataset: str
    split: str
    count: int
    height: int | None
    width: int | None
    resize_filter: str
    pictures: str
    ema: bool | None
    seed: int | None

    def metric_name(self, metric: str) -> str:
        """The full name of a metric: `fd_efficientnet_lite2` on 101 pictures of val ends in `_val_101`."""
        return f"{metric}_{self.split}_{self.count}"

    def describe(self) -> list[tuple[str, str]]:
        """Labels and values for people, in the order to print them."""
        size = "each its own" if self.height is None or self.width is None else f"{self.width}×{self.height}"
        resized = f"photos resized {self.resize_filter}, antialiased"
        weights = "moving average (EMA)" if self.ema else "as trained, no EMA"
        return [
            ("data set", f"{self.dataset}, {self.split}, {self.count} pictures"),
            ("size", f"{size}, {'not resized' if self.resize_filter == 'none' else resized}"),
            ("pictures", KINDS[self.pictures]),
            *([] if self.ema is None else [("weights", weights)]),
            *([] if self.seed is None else [("seed", str(self.seed))]),
        ]


def write_metrics(
    path: Path,
    rows: Rows,
    protocol: Protocol,
    by_class: Mapping[str, Rows] | None = None,
    notes: Sequence[str] = (),
) -> None:
    """Writes `rows` with their protocol, the metrics' full names, values by class and notes as JSON.

    JSON has no infinity (the PSNR of a picture with itself): it is written as the string "infinity".
    Raises ValueError for NaN, which no metric here returns.
    """

    def number(value: float) -> float | str:
        if math.isnan(value):
            raise ValueError(f"{path}: a metric is NaN; nothing was written")
        return "infinity" if math.isinf(value) else value

    content: dict[str, object] = {
        "metrics": {
            row: {name: number(value) for name, value in values.items()} for row, values in rows.items()
        },
        "names": {name: protocol.metric_name(name) for name in rows["model"] if name != "images"},
        "protocol": asdict(protocol),
        **{BY_CLASS[metric]: of_rows for metric, of_rows in (by_class or {}).items()},
    }
    content |= {"notes": list(notes)} if notes else {}
    write_text_atomically(path, json.dumps(content, indent=2, allow_nan=False) + "\n")
