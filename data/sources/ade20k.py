"""ADE20K scene parsing: 150 classes of scenes of every kind, and the outdoor ones among them.

Zhou et al., "Scene parsing through ADE20K dataset", 2017; the outdoor subset as an idea: Qi et al.,
"Semi-parametric image synthesis", 2018.
"""

from __future__ import annotations

import re
from pathlib import Path

from data.sources.classes import read_label_set
from data.sources.file_source import FileList, FileSource, require_same_names
from data.sources.label_format import StoredIds
from data.sources.pairing import read_text, require_folder, require_split, unpacked

FOLDERS = {"train": "training", "val": "validation"}
LABEL_FORMAT = StoredIds.in_order(read_label_set(Path(__file__).with_suffix(".csv")), first=1, unknown=0)

SCENES = "sceneCategories.txt"
OUTDOOR = Path(__file__).with_name("ade20k_outdoor.txt")
IMAGE = re.compile(r"ADE_(train|val)_\d{8}")


def open_ade20k(root: str | Path, split: str) -> FileSource:
    """One split: ROOT/images/training/NAME.jpg with ROOT/annotations/training/NAME.png; likewise validation.

    ROOT is ADEChallengeData2016 or the folder it lies in. Stored are 0 for unknown, which becomes the last
    class, and 1-150. Class names are the first of the publisher's synonyms.

    Raises ValueError where a folder is missing or empty, or a picture has no partner.
    """
    return FileSource(LABEL_FORMAT, *_files(root, split))


def open_ade20k_outdoor(root: str | Path, split: str, scenes: str | Path | None = None) -> FileSource:
    """The images of one split whose scene is in a list: a text file, by default the outdoor scenes.

    A line of the list is a scene of the publisher's sceneCategories.txt (`street`) or the name of one picture
    (`ADE_train_00000001`); empty lines and what follows a # are skipped.

    Raises ValueError as `open_ade20k` does, and where either list cannot be read, names nothing, or names a
    scene or picture that there is none of.
    """
    labels, photos = _files(root, split)
    stems, listed = labels.names, Path(scenes or OUTDOOR)
    chosen = _listed(listed)
    scene_of = _scenes(labels.folder.parents[1] / SCENES)
    strange = sorted(name for name in chosen - set(scene_of.values()) if not IMAGE.fullmatch(name))
    if strange and scenes is not None:
        raise ValueError(
            f"{listed}: {', '.join(strange[:3])}{', …' if len(strange) > 3 else ''} is neither a scene of "
            f"{SCENES} nor a picture such as ADE_train_00000001; correct the list"
        )
    wanted = [stem for stem in stems if stem in chosen or scene_of.get(stem) in chosen]
    if not wanted:
        raise ValueError(f"{listed}: none of the {len(stems)} pictures of split={split} is of its scenes")
    return FileSource(LABEL_FORMAT, labels.only(wanted), photos.only(wanted))


def _files(root: str | Path, split: str) -> tuple[FileList, FileList]:
    """The label maps and photos of a split."""
    require_split(split, FOLDERS, "ADE20K has")
    folder = FOLDERS[split]
    expected = (
        f"ADE20K as published: ADEChallengeData2016/images/{folder}/NAME.jpg "
        f"with ADEChallengeData2016/annotations/{folder}/NAME.png"
    )
    root = unpacked(require_folder(root, expected), "ADEChallengeData2016")
    labels = FileList.find(root / "annotations" / folder, ".png", expected)
    photos = FileList.find(root / "images" / folder, ".jpg", expected)
    require_same_names(labels, photos)
    return labels, photos


def _listed(file: Path) -> set[str]:
    """The entries of a list: one a line."""
    text = read_text(file, "a list of scenes and pictures, one a line")
    entries = {line.partition("#")[0].strip() for line in text.splitlines()} - {""}
    if not entries:
        raise ValueError(f"{file}: it names no scene; write one a line, as {SCENES} calls them")
    return entries


def _scenes(file: Path) -> dict[str, str]:
    """The scene of each picture: lines such as "ADE_train_00000001 airport_terminal"."""
    scene_of = {}
    for number, line in enumerate(read_text(file, "the publisher's list of scenes").splitlines(), start=1):
        fields = line.split()
        if len(fields) == 2:
            scene_of[fields[0]] = fields[1]
        elif fields:
            raise ValueError(
                f'{file}, line {number}: {line.strip()!r}; a line is "ADE_train_00000001 airport_terminal"; '
                "take the file from the publisher's archive"
            )
    return scene_of
