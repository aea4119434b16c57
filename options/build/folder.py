"""How a person's own files store their classes: as ids, as ids by another numbering, or in colours."""

from __future__ import annotations

from pathlib import Path

from data.sources.class_ids import ids_in_use
from data.sources.classes import numbered_label_set, read_label_set
from data.sources.colour_format import StoredColours
from data.sources.folder import Folder
from data.sources.label_format import LabelFormat, StoredIds
from data.sources.remap import classes_of_remap, read_remap, remapped_classes
from data.sources.source import LabelSet, Source, SplitAbsent
from options.schema.dataset import FolderOptions

AUTO = "auto"


def open_folder(options: FolderOptions, split: str) -> Source:
    """A split."""
    label_format = folder_format(options, _label_set(options))
    return Folder.from_root(Path(options.root), split, label_format, options.pairing)


def folder_format(options: FolderOptions, label_set: LabelSet) -> LabelFormat:
    """How the files of these options store the classes of `label_set`."""
    if options.palette is not None:
        return StoredColours(label_set, {colour: label for label, colour in enumerate(label_set.colours)})
    if options.remap is None:
        return StoredIds.in_order(label_set, unknown=options.ignore_id)
    file = Path(options.remap)
    classes = remapped_classes(read_remap(file), file, label_set.known, options.ignore_id, options.unlisted)
    return StoredIds(label_set, classes)


def settle_classes(options: FolderOptions) -> str | None:
    """Replaces num_classes=auto by the number, and answers what it was read off; None where it was given."""
    if options.num_classes != AUTO:
        return None
    options.num_classes, said = _counted(options)
    return f"dataset.num_classes=auto: {options.num_classes} classes, {said}"


def _label_set(options: FolderOptions) -> LabelSet:
    if options.palette is None:
        return numbered_label_set(_number(options), has_unknown=options.ignore_id is not None)
    if options.remap is not None:
        raise ValueError(
            f"dataset.palette={options.palette} says what colours mean, dataset.remap={options.remap} what "
            "ids mean; give one of them"
        )
    label_set = read_label_set(Path(options.palette))
    colours = label_set.colours
    if len(set(colours)) < len(colours):
        twice = next(colour for colour in colours if colours.count(colour) > 1)
        raise ValueError(f"{options.palette}: colour {twice} stands for several classes; give each its own")
    if options.num_classes not in (AUTO, label_set.known):
        raise ValueError(
            f"dataset.num_classes={options.num_classes}, but {options.palette} lists {label_set.known} "
            "classes beside unknown; leave num_classes out"
        )
    return label_set


def _number(options: FolderOptions) -> int:
    if options.num_classes == AUTO:
        return _counted(options)[0]
    if isinstance(options.num_classes, str):
        raise ValueError(f"dataset.num_classes={options.num_classes}: give a number, or auto")
    return options.num_classes


def _counted(options: FolderOptions) -> tuple[int, str]:
    """The number of classes, unknown not counted, and what it was read off."""
    if options.palette is not None:
        return _label_set(options).known, f"the colours in {options.palette}"
    if options.remap is not None:
        table = read_remap(Path(options.remap))
        return classes_of_remap(table, options.ignore_id), f"to which {options.remap} leads"
    root = Path(options.root)
    folders = sorted(folder for folder in root.glob("*/labels") if folder.is_dir())
    if not folders:
        raise SplitAbsent(f"{root}: no such folder; expected train/labels and train/photos in it")
    ids = ids_in_use(root, folders)
    known = [number for number in ids if number != options.ignore_id]
    if not known:
        raise ValueError(f"{folders[0]}: all pixels are {options.ignore_id}, unknown; there is no class")
    count = known[-1] + 1
    said = f"ids 0 to {known[-1]}"
    if len(known) < count:
        said += f" of which {count - len(known)} are never used"
    unknown = ", and unknown" if options.ignore_id in ids else ""
    return count, f"{said}{unknown}, read off {', '.join(str(folder) for folder in folders)}"
