"""Which run folder and which checkpoint is meant, and the names of a checkpoint's files."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

CHECKPOINTS = Path(__file__).resolve().parents[2] / "checkpoints"
CONFIG = "config.yaml"
LATEST = "latest"
BEST = "best"
"""A file like `latest`; it names the best checkpoint by validation, which is never pruned."""
FILES = re.compile(r"(?:state|weights|discriminator|manifest|mean_styles)-(\d{9,})\.(?:pt|safetensors|json)")


def run_folder(name: str) -> Path:
    """checkpoints/NAME, or NAME itself where it is the path of a run folder."""
    path = Path(name).expanduser()
    return path if (path / CONFIG).is_file() else CHECKPOINTS / name


def existing_run(name: str) -> Path:
    """The folder of a run that was trained or imported; ValueError where there is none."""
    run = run_folder(name)
    if not (run / CONFIG).is_file():
        known = sorted(file.parent.name for file in CHECKPOINTS.glob(f"*/{CONFIG}"))
        listed = f"there are {', '.join(known)}" if known else "train one with train.py"
        raise ValueError(f"name={name}: no run in {run}; {listed}")
    return run


def new_run(name: str) -> Path:
    """The folder of a run to be; ValueError where one of that name has saved something already."""
    if Path(name).name != name or name in ("", ".", ".."):
        raise ValueError(f"name={name}: a run's name is one folder name under {CHECKPOINTS}")
    run = CHECKPOINTS / name
    if latest_images(run) is not None:
        raise ValueError(f"{run} holds a run already; go on with resume=true, or choose another name")
    return run


def state_file(run: Path, images: int) -> Path:
    """The file of all that resuming needs; of formats 1 and 2 (`.pt`) where the run has that one alone."""
    file = run / f"state-{images:09d}.safetensors"
    former = file.with_suffix(".pt")
    return former if former.is_file() and not file.exists() else file


def _file_of(kind: str, ending: str) -> Callable[[Path, int], Path]:
    return lambda run, images: run / f"{kind}-{images:09d}.{ending}"


weights_file = _file_of("weights", "safetensors")
"""All that generation needs."""
discriminator_file = _file_of("discriminator", "safetensors")
"""A discriminator without training state: that of an imported release."""
manifest_file = _file_of("manifest", "json")
"""The checksums of state and weights."""
mean_styles_file = _file_of("mean_styles", "safetensors")
"""The mean style of each class, encoded by those weights."""


def complete_checkpoints(run: Path) -> list[int]:
    """Images of the checkpoints whose state and weights are there, oldest first."""
    found = {int(match[1]) for file in run.glob("*") if (match := FILES.fullmatch(file.name))}
    needed = state_file, weights_file
    return sorted(images for images in found if all(file(run, images).is_file() for file in needed))


def candidates(run: Path) -> list[int]:
    """Images of the checkpoints to go on from, best first: what `latest` names, then older ones."""
    if (latest := latest_images(run)) is None:
        return []
    return [latest, *(images for images in reversed(complete_checkpoints(run)) if images < latest)]


def latest_images(run: Path) -> int | None:
    """Images of the newest checkpoint, or None where there is none.

    `latest` says so; where it is lost or damaged, the newest files do.
    """
    complete = complete_checkpoints(run)
    named = images_in(run / LATEST)
    if named is None and (run / LATEST).is_file() and not complete:
        raise ValueError(f"{run / LATEST} holds no number; write the images of a state file there")
    return named if named is not None else max(complete, default=None)


def requested_images(run: Path, checkpoint: str) -> int:
    """Images of a checkpoint given as "latest", "best" or its images; ValueError where there is none."""
    latest = latest_images(run)
    if latest is None:
        raise ValueError(f"{run} has saved no checkpoint yet; train on with resume=true")
    if checkpoint == LATEST:
        return latest
    if checkpoint == BEST:
        if (best := images_in(run / BEST)) is None:
            how = "train with evaluate.every_images=..., or take latest"
            raise ValueError(f"checkpoint=best: {run} names none; {how}")
        return best
    if not checkpoint.isdecimal() or not weights_file(run, int(checkpoint)).is_file():
        there = ", ".join(map(str, complete_checkpoints(run)))
        raise ValueError(f"checkpoint={checkpoint}: {run} has latest, best and {there or latest}")
    return int(checkpoint)


def images_in(file: Path) -> int | None:
    """The number of images that a small file such as `latest` holds; None where there is none."""
    try:
        with file.open("rb") as stream:
            text = stream.read(20).strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
