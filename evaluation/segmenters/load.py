"""Loads the segmenter that a description asks for, or the one that was trained for the data set."""

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


def load_segmenter(
    label_set: LabelSet,
    dataset: str,
    kind: str = "auto",
    path: str | None = None,
    classes: str = "names",
    architecture: str | None = None,
    run_code: bool = False,
) -> Segmenter | None:
    """The segmenter for `label_set`; None where none is named and none was trained for `dataset`.

    `kind`: trained, transformers, torchvision, torchscript, none, or auto: trained here or of transformers,
    by what is at `path`, a folder, a file or a name; `classes`: how its classes and the data set's agree, see
    `map_classes`; `architecture`: of torchvision; `run_code`: whether a TorchScript file, a program, may run.
    Raises ValueError where these contradict each other, or the segmenter cannot be had.
    """
    if kind == "none":
        if path is not None:
            raise ValueError(f"segmenter.path={path} does not go with segmenter.kind=none; drop one of them")
        return None
    if path is None:
        if kind not in ("auto", "trained"):
            raise ValueError(f"segmenter.kind={kind} needs segmenter.path=...: a folder, a file or a name")
        folder = trained.SEGMENTERS / dataset
        if kind == "auto" and not (
            trained.is_trained_here(folder) and trained.read_description(folder).names == label_set.names
        ):
            return None
        return trained.read_segmenter(folder, label_set)
    if kind == "auto":
        if Path(path).is_file():
            raise ValueError(
                f"segmenter.path={path} is a file; set what it is: segmenter.kind=torchvision or torchscript"
            )
        kind = "trained" if trained.is_trained_here(Path(path)) else "transformers"
    if kind == "trained":
        return trained.read_segmenter(Path(path), label_set)
    mapping = partial(map_classes, classes, label_set)
    if kind == "transformers":
        return transformers_segmenter(path, label_set, mapping)
    if kind == "torchscript":
        return torchscript_segmenter(Path(path), label_set, mapping, run_code)
    if architecture is None:
        raise ValueError(
            "segmenter.kind=torchvision needs segmenter.architecture=..., deeplabv3_resnet50 for example"
        )
    return torchvision_segmenter(architecture, Path(path), label_set, mapping)
