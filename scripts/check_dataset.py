"""Checks whether a data set is ready to train on: `python scripts/check_dataset.py dataset=… dataset.root=…`.

Reads every pair, prints what is in them, draws some on a page, and ends in "ready" (exit status 0) or in a
numbered list of what to fix (2).
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from options.cli import USAGE_ERROR, command
from options.schema import CheckOptions


def start(options: CheckOptions, overrides: list[str]) -> None:
    """Checks every split that the data set has."""
    # What imports torch is imported here: --help and mistyped options are answered without it.
    from data.dataset_checks import check_crop, check_splits, class_rows, classes_text, split_text
    from data.dataset_stats import dataset_stats
    from data.sources.source import open_splits
    from evaluation.dataset_page import write_dataset_page
    from options.build.data import build_source, resolve_dataset, training_set

    resolve_dataset(options.dataset, log=print)
    sources, absent, refused = open_splits(partial(build_source, options.dataset), options.splits)
    stats = {split: dataset_stats(source, split, options.num_workers) for split, source in sources.items()}
    checks = check_splits(sources, stats)
    checks.to_fix[:0] = [f"{split}: {why}" for split, why in refused.items()]
    if "train" in sources:
        transform = training_set(options.dataset, sources["train"], seed=0).transform
        check_crop(checks, transform, stats["train"])
    elif "train" in absent:
        checks.to_fix.insert(0, f"train: {absent['train']}")
    for split, source in sources.items():
        print(split_text(split, source, stats[split]))
    for split, why in absent.items():
        print(f"{split}: absent ({why})")
    for note in checks.notes:
        print(f"note: {note}")
    if sources:
        classes = class_rows(next(iter(sources.values())), stats)
        print(classes_text(classes))
        page = Path(options.out) / options.dataset.name / "index.html"
        title = f"{options.dataset.name}: {'to fix' if checks.to_fix else 'ready'}"
        write_dataset_page(page, title, sources, options.pictures, checks.to_fix, checks.notes, classes)
        print(f"some of the pictures: {page}")
    conclude(checks.to_fix, overrides)


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
