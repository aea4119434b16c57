"""Loads the segmenter that a description asks for, or those that were trained for the data set."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from data.sources.source import LabelSet
from evaluation.segmenters import trained
from evaluation.segmenters.classes import map_classes
from evaluation.segmenters.published import (
    torchscript_segmenter,
    torchvision_segmenter,
    transformers_segmenter,
)
from evaluation.segmenters.segmenter import Segmenter


def load_segmenters(
    label_set: LabelSet,
    dataset: str,
    kind: str = "auto",
    path: str | None = None,
    classes: str = "names",
    architecture: str | None = None,
    run_code: bool = False,
) -> list[Segmenter]:
    """The segmenters for `label_set`; empty where none is named and none was trained for `dataset`.

    Beside one that was trained here, that from scratch is loaded too, if there is one (`trained.SCRATCH`).
    `kind`: trained, transformers, torchvision, torchscript, none, or auto: trained here or of transformers,
    by what is at `path`, a folder, a file or a name; `classes`: how its classes and the data set's agree, see
    `map_classes`; `architecture`: of torchvision; `run_code`: whether a TorchScript file, a program, may run.
    Raises ValueError where these contradict each other, or the segmenter cannot be had.
    """
    if kind == "none":
        if path is not None:
            raise ValueError(f"segmenter.path={path} does not go with segmenter.kind=none; drop one of them")
        return []
    if path is None:
        if kind not in ("auto", "trained"):
            raise ValueError(f"segmenter.kind={kind} needs segmenter.path=...: a folder, a file or a name")
        return _trained(trained.SEGMENTERS / dataset, label_set, if_fitting=kind == "auto")
    if kind == "auto":
        if Path(path).is_file():
            raise ValueError(
                f"segmenter.path={path} is a file; set what it is: segmenter.kind=torchvision or torchscript"
            )
        kind = "trained" if trained.is_trained_here(Path(path)) else "transformers"
    if kind == "trained":
        return _trained(Path(path), label_set)
    mapping = partial(map_classes, classes, label_set)
    if kind == "transformers":
        return [transformers_segmenter(path, label_set, mapping)]
    if kind == "torchscript":
        return [torchscript_segmenter(Path(path), label_set, mapping, run_code)]
    if architecture is None:
        raise ValueError(
            "segmenter.kind=torchvision needs segmenter.architecture=..., deeplabv3_resnet50 for example"
        )
    return [torchvision_segmenter(architecture, Path(path), label_set, mapping)]


def _trained(folder: Path, label_set: LabelSet, if_fitting: bool = False) -> list[Segmenter]:
    """The segmenter of a folder, with `if_fitting` only where it is there and knows these classes.

    And the one from scratch beside it, where it is there and knows them.
    """
    scratch = folder.with_name(folder.name + trained.SCRATCH)
    found = [
        each for each in (folder, scratch) if _fits(each, label_set) or not (if_fitting or each == scratch)
    ]
    return [trained.read_segmenter(each, label_set) for each in found]


def _fits(folder: Path, label_set: LabelSet) -> bool:
    return trained.is_trained_here(folder) and trained.read_description(folder).names == label_set.names
