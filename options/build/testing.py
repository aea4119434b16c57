"""From options of test.py to what is measured: data, protocol, and what is remembered of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from data.dataset import PairedDataset
from data.dataset_info import DatasetInfo
from data.folder_pairs import FolderPairs, Resizing
from data.sources.class_ids import found_classes
from data.sources.classes import numbered_label_set
from data.sources.label_format import StoredIds
from data.sources.source import LabelSet
from evaluation.feature_cache import ReferenceKey
from evaluation.protocol import PictureKind, Protocol
from evaluation.segmenters.trained import is_trained_here, read_description
from options.build.data import given_set, split_set
from options.schema.dataset import DatasetOptions
from options.schema.testing import PairOptions, TestOptions

OWN = "own"
"""Where pictures of a person's own label maps go, in place of a split."""
REAL = "real"
"""The reference of pictures that came in a folder, in place of a split."""
OF_A_RUN = (
    "checkpoint", "split", "dataset", "instances", "photos", "images", "train_images", "seed", "ema",
    "samples", "style", "style_labels", "interpolate", "style_name",
)  # fmt: skip


def check_testing(options: TestOptions) -> None:
    """Raises ValueError where options contradict each other, or one would not be read."""
    if (options.generated is None) != (options.real is None):
        missing = "real" if options.real is None else "generated"
        raise ValueError(f"{missing} must be given: pictures are measured with generated=DIR real=DIR")
    if options.generated is None and options.name is None:
        raise ValueError("name must be given: add name=... (or generated=DIR real=DIR, without a run)")
    if options.generated is not None:
        _check_folders(options)
    elif options.pairs != PairOptions():
        raise ValueError("pairs.* goes with generated=DIR real=DIR; a run's pictures have the run's size")


def _check_folders(options: TestOptions) -> None:
    usual = TestOptions()
    for name in OF_A_RUN:
        if getattr(options, name) != getattr(usual, name):
            raise ValueError(f"{name} goes with a run, name=...; generated=DIR real=DIR does not read it")
    if options.name is not None:
        raise ValueError(f"name={options.name} does not go with generated=DIR, which needs no run; drop one")
    if options.labels is None:
        if options.segmenter.path is not None:
            raise ValueError("segmenter.path compares with label maps; add labels=DIR")
        if options.pairs.num_classes is not None:
            raise ValueError("pairs.num_classes counts the classes of label maps; add labels=DIR")
    if (options.pairs.height is None) != (options.pairs.width is None):
        raise ValueError("pairs.height and pairs.width go together; give both or none")


def tested_dataset(dataset: DatasetOptions, options: TestOptions) -> DatasetOptions:
    """A run's data set, where it lies now."""
    if options.dataset.root is None:
        return dataset
    if not hasattr(dataset, "root"):
        raise ValueError(
            f"dataset.root={options.dataset.root}: dataset={dataset.name} is not read from a folder"
        )
    return replace(dataset, root=options.dataset.root)  # type: ignore[call-arg]


def tested_label_maps(
    info: DatasetInfo, dataset: DatasetOptions, options: TestOptions
) -> tuple[PairedDataset, int]:
    """What to generate from, and how many at once; people's own label maps differ in size: one at once."""
    if options.labels is None:
        for word in ("instances", "photos"):
            if getattr(options, word) is not None:
                raise ValueError(f"{word}={getattr(options, word)} goes with labels=DIR; add it")
        return split_set(dataset, options.split, options.images), options.batch_size
    if options.instances is not None and not info.edges:
        raise ValueError(
            f"instances={options.instances}: {options.name} was trained without instance maps; leave it out"
        )
    instances, photos = (None if name is None else Path(name) for name in (options.instances, options.photos))
    own = given_set(dataset, info, Path(options.labels), instances, photos, options.images)
    return own, 1


def folder_pairs(options: TestOptions) -> tuple[FolderPairs, LabelSet | None]:
    """The pictures and photos of two folders, with the classes of the label maps where there are any."""
    assert options.generated is not None and options.real is not None, "check_testing has seen to it"
    chosen = options.pairs
    resizing = None
    if chosen.height is not None and chosen.width is not None:
        resizing = Resizing(chosen.height, chosen.width, chosen.filter)
    generated, real = Path(options.generated), Path(options.real)
    if options.labels is None:
        return FolderPairs(generated, real, resizing, pairing=chosen.pairing), None
    label_set = _folder_classes(options)
    unknown = chosen.ignore_id if label_set.has_unknown else None
    label_format = StoredIds.in_order(label_set, unknown=unknown)
    labels, pairing = Path(options.labels), chosen.pairing
    return FolderPairs(generated, real, resizing, labels, label_format, pairing), label_set


def _folder_classes(options: TestOptions) -> LabelSet:
    """Those of the segmenter where it was trained here, else numbered ones."""
    chosen = options.pairs
    path = options.segmenter.path
    if path is not None and is_trained_here(Path(path)):
        known = read_description(Path(path))
        count = len(known.names) - known.has_unknown
        if known.has_unknown and chosen.ignore_id is None:
            raise ValueError(f"pairs.ignore_id=null, but segmenter {path} has an unknown class; give its id")
        if chosen.num_classes not in (None, count):
            raise ValueError(
                f"pairs.num_classes={chosen.num_classes}, but segmenter {path} knows {count} classes"
                f" ({', '.join(known.names)}); leave pairs.num_classes out"
            )
        return replace(numbered_label_set(count, known.has_unknown), names=known.names)
    if chosen.num_classes is None:
        return found_classes(Path(str(options.labels)), chosen.ignore_id)
    return numbered_label_set(chosen.num_classes, chosen.ignore_id is not None)


def run_protocol(dataset: DatasetOptions, options: TestOptions, count: int) -> Protocol:
    """How a run's numbers are made."""
    given = options.labels is not None
    return Protocol(
        dataset=dataset.name,
        split=OWN if given else options.split,
        count=count,
        height=None if given else dataset.height,
        width=None if given else dataset.width,
        resize_filter="none" if given or dataset.name == "scenes" else "bicubic",
        pictures=_kind(options),
        ema=options.ema,
        seed=options.seed,
    )


def folder_protocol(options: TestOptions, count: int) -> Protocol:
    """How the numbers of a folder's pictures are made; nobody knows of their weights and their seed."""
    chosen = options.pairs
    return Protocol(
        dataset=str(options.real),
        split=REAL,
        count=count,
        height=chosen.height,
        width=chosen.width,
        resize_filter="none" if chosen.height is None else chosen.filter,
        pictures=_kind(options),
        ema=None,
        seed=None,
    )


def _kind(options: TestOptions) -> PictureKind:
    return "png" if options.pictures == "png" else "tensor"


def reference_key(protocol: Protocol, root: object, network: str) -> ReferenceKey:
    """What the photos' features are remembered under; `root`: where they lie, None where they are drawn."""
    return ReferenceKey(
        dataset=protocol.dataset,
        root=None if root is None else str(Path(str(root)).resolve()),
        split=protocol.split,
        count=protocol.count,
        height=protocol.height,
        width=protocol.width,
        resize_filter=protocol.resize_filter,
        network=network,
    )
