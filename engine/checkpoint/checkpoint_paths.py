"""The names of a checkpoint's files in a run folder, and which checkpoints there are."""

from __future__ import annotations

import re
from pathlib import Path

LATEST = "latest"
BEST = "best"
"""A file like `latest`; it names the best checkpoint by validation, which is never pruned."""
FILES = re.compile(r"(?:state|weights|discriminator|manifest|mean_styles)-(\d{9,})\.(?:pt|safetensors|json)")


def state_file(run: Path, images: int) -> Path:
    """The file of all that resuming needs; of formats 1 and 2 (`.pt`) where the run has that one alone."""
    file = run / f"state-{images:09d}.safetensors"
    former = file.with_suffix(".pt")
    return former if former.is_file() and not file.exists() else file


def weights_file(run: Path, images: int) -> Path:
    """The file of all that generation needs."""
    return run / f"weights-{images:09d}.safetensors"


def discriminator_file(run: Path, images: int) -> Path:
    """The file of a discriminator without training state: that of an imported release."""
    return run / f"discriminator-{images:09d}.safetensors"


def manifest_file(run: Path, images: int) -> Path:
    """The file of their checksums."""
    return run / f"manifest-{images:09d}.json"


def mean_styles_file(run: Path, images: int) -> Path:
    """The file of the mean style of each class, encoded by those weights."""
    return run / f"mean_styles-{images:09d}.safetensors"


def complete_checkpoints(run: Path) -> list[int]:
    """Images of the checkpoints whose state and weights are there, oldest first."""
    found = {int(match[1]) for file in run.glob("*") if (match := FILES.fullmatch(file.name))}
    return sorted(
        images
        for images in found
        if state_file(run, images).is_file() and weights_file(run, images).is_file()
    )


def candidates(run: Path) -> list[int]:
    """Images of the checkpoints to go on from, best first: what `latest` names, then older ones."""
    latest = latest_images(run)
    if latest is None:
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


def images_in(file: Path) -> int | None:
    """The number of images that a small file such as `latest` holds; None where there is none."""
    try:
        with file.open("rb") as stream:
            text = stream.read(20).strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
