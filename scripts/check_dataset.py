"""Says whether a data set is ready to train on: `python scripts/check_dataset.py dataset=… dataset.root=…`.

Reads every pair; prints what is in them, draws some on a page, and ends in "ready" (exit status 0) or in a
numbered list of what to mend (2).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from options.cli import USAGE_ERROR, command
from options.schema import CheckOptions
from options.schema.dataset import DatasetOptions

if TYPE_CHECKING:
    from data.dataset_checks import Findings
    from data.dataset_stats import Survey
    from data.sources.source import Source

UNUSED_SHOWN = 20


def start(options: CheckOptions, overrides: list[str]) -> None:
    """Checks every split that the data set has."""
    # What imports torch is imported here: --help and mistyped options are answered without it.
    from data.dataset_checks import class_rows, findings_of
    from evaluation.dataset_page import write_dataset_page
    from options.build.sources import settle, split_sources

    settle(options.dataset)
    sources, absent, refused = split_sources(options.dataset, options.splits)
    surveys = {split: survey(source, split, options.num_workers) for split, source in sources.items()}
    found = findings_of(sources, surveys)
    found.to_mend[:0] = [f"{split}: {why}" for split, why in refused.items()]
    if "train" in sources:
        check_crop(found, options.dataset, sources["train"], surveys["train"])
    elif "train" in absent:
        found.to_mend.insert(0, f"train: {absent['train']}")
    for split, source in sources.items():
        print_split(split, source, surveys[split])
    for split, why in absent.items():
        print(f"{split}: absent ({why})")
    for note in found.notes:
        print(f"note: {note}")
    if sources:
        classes = class_rows(next(iter(sources.values())), surveys)
        print_classes(classes)
        page = Path(options.out) / options.dataset.name / "index.html"
        title = f"{options.dataset.name}: {'to mend' if found.to_mend else 'ready'}"
        write_dataset_page(page, title, sources, options.pictures, found.to_mend, found.notes, classes)
        print(f"some of the pictures: {page}")
    conclude(found, overrides)


def survey(source: Source, split: str, workers: int | None) -> Survey:
    """Reads a split, with a progress bar."""
    from tqdm import tqdm

    from data.dataset_stats import survey_of

    with tqdm(total=len(source), desc=split, unit="record", dynamic_ncols=True, leave=False) as bar:
        return survey_of(source, workers, bar.update)


def check_crop(found: Findings, options: DatasetOptions, source: Source, survey: Survey) -> None:
    """Adds training pictures that the options' crop does not fit into."""
    from options.build.data import training_set

    transform = training_set(options, source, seed=0).transform
    small = 0
    for (width, height), count in survey.sizes.items():
        rows, columns = transform.resized(height, width)
        small += count * (transform.crop != "none" and (rows < options.height or columns < options.width))
    if small:
        found.to_mend.append(
            f"train: {small} pictures are smaller than the crop of {options.width}×{options.height} after "
            f"resize={options.resize}; set dataset.resize=fixed, or a smaller dataset.height and width"
        )


def print_split(split: str, source: Source, survey: Survey) -> None:
    """A split in a few lines."""
    from data.dataset_checks import modes_text, sizes_text

    failed = sum(fault.count for fault in survey.faults.values())
    readable = f", {failed} of them cannot be used" if failed else ""
    print(f"{split}: {len(source)} pairs{readable}; {sizes_text(survey)}")
    kinds = {"photos": modes_text(survey, "photo"), "maps of ids": modes_text(survey, "ids")}
    modes = [f"{what} {mode}" for what, mode in kinds.items() if mode]
    if modes:
        print(f"  modes: {'; '.join(modes)}{'; with instance maps' if source.has_instances else ''}")
    if len(source.styles) > 1:
        print(f"  styles: {', '.join(source.styles)}")


def print_classes(classes: list[tuple[int, str, float, float]]) -> None:
    """Classes in use with their shares, and those that are not."""
    used = [row for row in classes if row[3] > 0]
    unused = [name for _, name, _, records in classes if records == 0]
    print(f"{len(used)} of {len(classes)} classes in use: share of the pixels, of the records")
    width = max((len(name) for _, name, _, _ in used), default=0)
    for label, name, pixels, records in used:
        print(f"  {label:4d} {name:<{width}} {pixels:8.3%} {records:7.1%}")
    if unused:
        more = f", … ({len(unused)} in all)" if len(unused) > UNUSED_SHOWN else ""
        print(f"not in use: {', '.join(unused[:UNUSED_SHOWN])}{more}")


def conclude(found: Findings, overrides: list[str]) -> None:
    """The last lines, and the exit status."""
    if not found.to_mend:
        chosen = " ".join(word for word in overrides if word.startswith("dataset"))
        print(f"ready; train with: python train.py name=RUN {chosen} train.images=200000")
        return
    print("to mend:")
    for number, item in enumerate(found.to_mend, start=1):
        print(f"{number:3d}. {item}")
    raise SystemExit(USAGE_ERROR)


if __name__ == "__main__":
    command("check_dataset", CheckOptions, start)
