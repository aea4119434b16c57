"""How fast generators and training steps are, against the same networks as they were published.

`python scripts/benchmark.py [--labels DIR] [--work generator editing step] [--norms spade sean]
[--precisions float32 bf16] [--size 256 256] [--width 64] [--batch 1] [--maps 4] [--runs 5]`

Rows are measured in turn, each in a process of its own. Prints a table and one JSON line a row.
`--labels`: COCO-Stuff or CamVid as they are arranged; the built-in scenes without it. What the columns mean:
docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch

from options.cli import one_line_errors
from scripts.benchmarking.cases import FORMS, WORKS, Case
from scripts.benchmarking.label_maps import dataset_options
from scripts.benchmarking.measure import Row, measure
from scripts.benchmarking.worker import MapsAsked

USUAL_FORMS = {
    "generator": ["reference", "dense", "auto", "optimized"],
    "editing": ["reference", "auto", "optimized"],
    "step": ["reference", "dense", "auto", "reuse_fake"],
}
STYLED = ("sean",)
"""Norms that take style codes: editing is a work of its own only for these."""
SIDE = 4096
"""Of the square matrices whose product tells what the machine can do."""


def main(arguments: list[str] | None = None) -> None:
    """Measures and prints."""
    asked = read_arguments(arguments)
    height, width = asked.size
    rate = matrix_rate()
    capability = torch.backends.cpu.get_cpu_capability()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {capability}")
    print(f"matrix products: {rate / 1e9:.0f} GFLOP/s (float32, {SIDE} x {SIDE})")
    for work in asked.work:
        for norm in asked.norms:
            if work == "editing" and norm not in STYLED:
                continue
            maps = MapsAsked(asked.labels, (height, width), asked.batch, asked.maps, asked.classes)
            rows = measure(
                cases(work, norm, asked.forms, asked.precisions, asked.width), maps, asked.runs, rate
            )
            print(table(rows))
            for row in rows:
                print(json.dumps(row.plain() | {"matrix_gflops": rate / 1e9}))


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The command line; ValueError where words do not go together."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--labels", type=Path, default=None)
    parser.add_argument("--work", nargs="+", choices=WORKS, default=["generator", "step"])
    parser.add_argument("--norms", nargs="+", choices=("spade", "sean"), default=["spade"])
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=None)
    parser.add_argument("--precisions", nargs="+", choices=("float32", "bf16"), default=["float32"])
    parser.add_argument("--size", nargs=2, type=int, default=[256, 256], metavar=("HEIGHT", "WIDTH"))
    parser.add_argument("--width", type=int, default=64, help="channels at full size")
    parser.add_argument("--classes", type=int, default=None, help="as if there were so many")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--maps", type=int, default=4, help="batches of label maps")
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args(arguments)
    for name in ("width", "batch", "maps", "runs"):
        if getattr(asked, name) < 1:
            raise ValueError(f"--{name} {getattr(asked, name)}: give 1 or more")
    dataset_options(asked.labels, tuple(asked.size))
    if any(side < 64 or side % 32 for side in asked.size):
        given = f"--size {asked.size[0]} {asked.size[1]}"
        raise ValueError(f"{given}: the generator doubles five times, from 2 pixels: 64, 96, 128 ...")
    return asked


def cases(work: str, norm: str, forms: list[str] | None, precisions: list[str], width: int) -> list[Case]:
    """The rows of a table: the reference, in float32, and the other forms in each precision."""
    others = [form for form in forms or USUAL_FORMS[work] if form != "reference"]
    rows = [Case(work, norm, "reference", "float32", width)]
    return rows + [Case(work, norm, form, precision, width) for precision in precisions for form in others]


def matrix_rate(seconds: float = 1.0) -> float:
    """Floating-point operations a second of large float32 matrix products here."""
    a = torch.randn(SIDE, SIDE)
    a @ a
    begun, times = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        a @ a
        times += 1
    return times * 2 * SIDE**3 / (time.perf_counter() - begun)


def table(rows: list[Row]) -> str:
    """Rows for people."""
    first = rows[0]
    lines = [
        f"\n{first.case.work}, {first.case.norm}, {first.size[0]}x{first.size[1]}, width {first.case.width}, "
        f"batch {first.batch}",
        f"{'form':<12}{'precision':<10}{'seconds':>9}{'(from to)':>17}{'images/s':>10}{'ratio':>8}"
        f"{'(from to)':>15}{'peak MB':>9}{'of ref.':>9}{'GFLOP':>8}{'of rate':>9}{'difference':>12}",
    ]
    for row in rows:
        lines.append(
            f"{row.case.form:<12}{row.case.precision:<10}{row.seconds:>9.3f}"
            f"{f'({row.fastest:.3f} {row.slowest:.3f})':>17}{row.images_per_second:>10.2f}{row.ratio:>8.2f}"
            f"{f'({row.ratio_low:.2f} {row.ratio_high:.2f})':>15}{row.peak_mb:>9.0f}{row.memory_ratio:>9.2f}"
            f"{row.gflops:>8.0f}{row.matrix_share:>9.2f}{row.difference:>12.1e}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    with one_line_errors():
        main()
