"""How fast generators and training steps are, against the same networks as they were published.

`python scripts/benchmark.py [--labels DIR] [--work generator editing step discriminators]
[--norms spade sean] [--precisions float32 bf16] [--size 256 256] [--width 64] [--batch 1] [--maps 4]
[--runs 5]`

Rows are measured in turn, each in a process of its own. Prints a table and one JSON line a row.
Forms and columns: docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from pandas import DataFrame
from torch.utils.benchmark import Timer

from options.cli import one_line_errors
from scripts.benchmarking.cases import DISCRIMINATORS, FORMS, WORKS, Case, LabelMapOptions
from scripts.benchmarking.measure import measure

USUAL_FORMS = {
    "generator": ["reference", "dense", "auto", "optimized"],
    "editing": ["reference", "auto", "optimized"],
    "step": ["reference", "dense", "auto", "reuse_fake"],
    "discriminators": list(DISCRIMINATORS),
}
STYLED = ("sean",)
"""Norms that take style codes: editing is a work of its own only for these."""
SIDE = 4096
"""Of the square matrices whose product tells what the machine can do."""
COLUMNS = {
    "form": "{form}",
    "precision": "{precision}",
    "seconds": "{seconds:.3f}",
    "(from to)": "({fastest:.3f} {slowest:.3f})",
    "images/s": "{images_per_second:.2f}",
    "ratio": "{ratio:.2f}",
    "(from to) ": "({ratio_low:.2f} {ratio_high:.2f})",
    "peak MB": "{peak_mb:.0f}",
    "of ref.": "{memory_ratio:.2f}",
    "GFLOP": "{gflops:.0f}",
    "of rate": "{matrix_fraction:.2f}",
    "difference": "{difference:.1e}",
}
"""Heads, and what stands below them."""


def main(arguments: list[str] | None = None) -> None:
    """Measures and prints."""
    given = read_arguments(arguments)
    maps = label_map_options(given)
    rate = matrix_rate()
    capability = torch.backends.cpu.get_cpu_capability()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {capability}")
    print(f"matrix products: {rate / 1e9:.0f} GFLOP/s (float32, {SIDE} x {SIDE})")
    for work in given.work:
        for norm in given.norms:
            if work == "editing" and norm not in STYLED:
                continue
            rows = measure(
                cases(work, norm, given.forms, given.precisions, given.width), maps, given.runs, rate
            )
            print(table(rows))
            for row in rows:
                print(json.dumps(row | {"matrix_gflops": rate / 1e9}))


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The command line; ValueError where a value is out of range."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--labels", type=Path, help="COCO-Stuff or CamVid; default: the built-in scenes")
    parser.add_argument("--work", nargs="+", choices=WORKS, default=["generator", "step"])
    parser.add_argument("--norms", nargs="+", choices=("spade", "sean"), default=["spade"])
    parser.add_argument("--forms", nargs="+", choices=FORMS, help="default: the usual ones")
    parser.add_argument("--precisions", nargs="+", choices=("float32", "bf16"), default=["float32"])
    parser.add_argument("--size", nargs=2, type=int, default=[256, 256], metavar=("HEIGHT", "WIDTH"))
    parser.add_argument("--width", type=int, default=64, help="channels at full size")
    parser.add_argument("--classes", type=int, help="as if the data set had so many")
    parser.add_argument("--batch", type=int, default=1, help="label maps in a batch")
    parser.add_argument("--maps", type=int, default=4, help="batches of label maps")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args(arguments)
    for name in ("width", "batch", "maps", "runs"):
        if getattr(given, name) < 1:
            raise ValueError(f"--{name} {getattr(given, name)}: give 1 or more")
    return given


def label_map_options(given: argparse.Namespace) -> LabelMapOptions:
    """The label maps that were asked for; ValueError where there are none such."""
    height, width = given.size
    maps = LabelMapOptions(given.labels, (height, width), given.batch, given.maps, given.classes)
    maps.dataset()
    if any(side < 64 or side % 32 for side in maps.size):
        raise ValueError(
            f"--size {height} {width}: the generator doubles five times, from 2 pixels; give 64, 96, 128 ..."
        )
    return maps


def cases(work: str, norm: str, forms: list[str] | None, precisions: list[str], width: int) -> list[Case]:
    """The rows of a table: the reference, in float32, and the other forms in each precision."""
    if work == "discriminators":  # against the step with the multiscale one
        return [
            Case(work, norm, form, precision, width) for precision in precisions for form in DISCRIMINATORS
        ]
    others = [form for form in forms or USUAL_FORMS[work] if form != "reference"]
    rows = [Case(work, norm, "reference", "float32", width)]
    return rows + [Case(work, norm, form, precision, width) for precision in precisions for form in others]


def matrix_rate() -> float:
    """Floating-point operations a second of large float32 matrix products here."""
    timer = Timer("a @ a", globals={"a": torch.randn(SIDE, SIDE)}, num_threads=torch.get_num_threads())
    return 2 * SIDE**3 / timer.blocked_autorange(min_run_time=1).mean


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as text."""
    title = "{work}, {norm}, {size[0]}x{size[1]}, width {width}, batch {batch}".format_map(rows[0])
    texts = [[cell.format_map(row) for cell in COLUMNS.values()] for row in rows]
    return f"\n{title}\n{DataFrame(texts, columns=list(COLUMNS)).to_string(index=False)}"


if __name__ == "__main__":
    with one_line_errors():
        main()
