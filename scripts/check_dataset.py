"""Checks whether a data set is ready to train on: `python scripts/check_dataset.py dataset=… dataset.root=…`.

Reads every pair, prints what is in them, draws some on a page, and ends in "ready" (exit status 0) or in a
numbered list of what to fix (2).
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tqdm import tqdm

from data.dataset_checks import check_crop, check_splits, class_rows, modes_text, sizes_text
from data.dataset_stats import DatasetStats, dataset_stats
from data.sources.source import Source, open_splits
from evaluation.dataset_page import write_data_sheet
from options.build.data import build_source, resolve_dataset, training_set
from options.cli import USAGE_ERROR, command
from options.schema import CheckOptions

UNUSED_SHOWN = 20


def start(options: CheckOptions, overrides: list[str]) -> None:
    """Checks every split that the data set has."""
    resolve_dataset(options.dataset, log=print)
    sources, absent, refused = open_splits(partial(build_source, options.dataset), options.splits)
    stats = {split: read_all(source, split, options.num_workers) for split, source in sources.items()}
    checks = check_splits(sources, stats)
    checks.to_fix[:0] = [f"{split}: {why}" for split, why in refused.items()]
    if "train" in sources:
        transform = training_set(options.dataset, sources["train"], seed=0).transform
        check_crop(checks, transform, stats["train"])
    elif "train" in absent:
        checks.to_fix.insert(0, f"train: {absent['train']}")
    for split, source in sources.items():
        print_split(split, source, stats[split])
    for split, why in absent.items():
        print(f"{split}: absent ({why})")
    for note in checks.notes:
        print(f"note: {note}")
    if sources:
        classes = class_rows(next(iter(sources.values())), stats)
        print_classes(classes)
        page = Path(options.out) / options.dataset.name / "index.html"
        title = f"{options.dataset.name}: {'to fix' if checks.to_fix else 'ready'}"
        write_data_sheet(page, title, sources, options.pictures, checks.to_fix, checks.notes, classes)
        print(f"some of the pictures: {page}")
    conclude(checks.to_fix, overrides)


def read_all(source: Source, split: str, workers: int | None) -> DatasetStats:
    """Reads a split, with a progress bar."""
    with tqdm(total=len(source), desc=split, unit="record", dynamic_ncols=True, leave=False) as bar:
        return dataset_stats(source, workers, bar.update)


def print_split(split: str, source: Source, stats: DatasetStats) -> None:
    """A split in a few lines."""
    failed = sum(map(len, stats.faults.values()))
    readable = f", {failed} of them cannot be used" if failed else ""
    print(f"{split}: {len(source)} pairs{readable}; {sizes_text(stats)}")
    kinds = {"photos": modes_text(stats, "photo"), "maps of ids": modes_text(stats, "ids")}
    modes = [f"{kind} {mode}" for kind, mode in kinds.items() if mode]
    if modes:
        print(f"  modes: {'; '.join(modes)}{'; with instance maps' if source.has_instances else ''}")
    if len(source.styles) > 1:
        print(f"  styles: {', '.join(source.styles)}")


def print_classes(classes: list[tuple[int, str, float, float]]) -> None:
    """Classes in use with their fractions, and those that are not."""
    used = [row for row in classes if row[3] > 0]
    unused = [name for _, name, _, records in classes if records == 0]
    print(f"{len(used)} of {len(classes)} classes in use: fraction of the pixels, of the records")
    width = max((len(name) for _, name, _, _ in used), default=0)
    for label, name, pixels, records in used:
        print(f"  {label:4d} {name:<{width}} {pixels:8.3%} {records:7.1%}")
    if unused:
        more = f", … ({len(unused)} in all)" if len(unused) > UNUSED_SHOWN else ""
        print(f"not in use: {', '.join(unused[:UNUSED_SHOWN])}{more}")


def conclude(to_fix: list[str], overrides: list[str]) -> None:
    """The last lines, and the exit status."""
    if not to_fix:
        chosen = " ".join(override for override in overrides if override.startswith("dataset"))
        print(f"ready; train with: python train.py name=RUN {chosen} train.images=200000")
        return
    print("to fix:")
    for number, item in enumerate(to_fix, start=1):
        print(f"{number:3d}. {item}")
    raise SystemExit(USAGE_ERROR)


if __name__ == "__main__":
    command("check_dataset", CheckOptions, start)
