"""From options to the metrics of an evaluation, and the networks they need."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from torch import Tensor

from data.sources.source import LabelSet
from engine.runtime.hardware import Hardware
from evaluation.feature_networks import load_metric_network
from evaluation.lpips import LEAST_SIDES, TRUNKS, LPIPSDiversity, LPIPSNetwork
from evaluation.metric_set import LEAST_PICTURES, PAIR_METRICS, WORDS, MetricSet
from evaluation.segmenters.classes import classes_by_id, classes_by_name, classes_of_file
from evaluation.segmenters.published import (
    torchscript_segmenter,
    torchvision_segmenter,
    transformers_segmenter,
)
from evaluation.segmenters.segmenter import Segmenter
from evaluation.segmenters.trained import is_trained_here, read_description, read_segmenter
from evaluation.ssim import WINDOW
from options.schema import CONFIGS
from options.schema.dataset import AUTO
from options.schema.testing import SegmenterOptions, TestOptions

SEGMENTERS = CONFIGS.parent / "segmenters"
"""Where scripts/train_segmenter.py leaves them."""
PUBLISHED_LPIPS = "alex"
FAMILIES = {"vgg19": "VGG", "vgg": "VGG", "efficientnet_lite0": "EfficientNet-Lite0"}
"""Networks of one family see alike: a metric on one flatters who was trained on the other."""


def build_metrics(
    options: TestOptions, count: int, least_side: int | None, segmenter: Segmenter | None, hardware: Hardware
) -> tuple[MetricSet, list[str]]:
    """The metrics of `count` pictures whose shorter side is `least_side` pixels, None where it is not known.

    Beside them a sentence for each that was left out. Raises ValueError where one was asked for by name that
    cannot be.
    """
    words, notes = chosen_words(options.metrics, count, least_side)
    weights = None if options.inception_weights is None else Path(options.inception_weights)
    features = hardware.place(load_metric_network(options.features, weights))
    lpips, lpips_notes = build_lpips(options, least_side)
    metrics = MetricSet(
        features,
        frozenset(words),
        None if lpips is None else hardware.place(lpips),
        None if segmenter is None else hardware.place(segmenter),
    )
    return metrics, notes + lpips_notes


def chosen_words(chosen: Sequence[str], count: int, least_side: int | None) -> tuple[list[str], list[str]]:
    """The words of the metrics, and why some of `auto` are left out."""
    words = [word for word in chosen if word != AUTO]
    notes = []
    for word in WORDS if AUTO in chosen else ():
        least = LEAST_PICTURES.get(word, 1)
        if count < least:
            notes.append(f"{word} is left out: it takes {least} pictures at least, there are {count}")
        elif word == "ssim" and least_side is not None and least_side < WINDOW:
            notes.append(f"ssim is left out: it takes {WINDOW}×{WINDOW} pixels at least")
        elif word not in words:
            words.append(word)
    for word in words:
        if count < LEAST_PICTURES.get(word, 1):
            raise ValueError(
                f"metrics={word} takes {LEAST_PICTURES[word]} pictures at least, there are {count}; "
                f"choose among {', '.join(PAIR_METRICS)}"
            )
    return words, notes


def build_lpips(options: TestOptions, least_side: int | None) -> tuple[LPIPSNetwork | None, list[str]]:
    """The network of LPIPS, or None and why; `auto` downloads nothing."""
    weights = None if options.lpips_weights is None else Path(options.lpips_weights)
    if options.lpips == "none":
        if weights is not None:
            raise ValueError(f"lpips_weights={weights} does not go with lpips=none; drop one of them")
        return None, []
    if options.lpips == AUTO:
        published, least = TRUNKS[PUBLISHED_LPIPS], LEAST_SIDES[PUBLISHED_LPIPS]
        if least_side is not None and least_side < least and weights is None:
            return None, [f"lpips is left out: it takes {least}×{least} pixels at least"]
        if weights is None and not published.cached.is_file():
            return None, [
                f"lpips is left out: the weights of {published.network} are not in {published.cached};"
                f" lpips=alex fetches them from {published.url}"
            ]
        return LPIPSNetwork(PUBLISHED_LPIPS, weights), []
    return LPIPSNetwork(options.lpips, weights), []


def build_diversity(options: TestOptions, hardware: Hardware) -> tuple[LPIPSDiversity | None, list[str]]:
    """What measures `samples` of each label map against each other; None where there are none, or why."""
    if options.samples is None or options.samples < 2:
        return None, []
    network, notes = build_lpips(options, None)
    if network is None:
        return None, [note.replace("lpips", "diversity", 1) for note in notes]
    return LPIPSDiversity(hardware.place(network)).to(hardware.device), []


def build_segmenter(options: SegmenterOptions, label_set: LabelSet, dataset: str) -> Segmenter | None:
    """The segmenter for the classes of `label_set`, or None where none was named and none lies ready."""
    kind = options.kind
    path = options.path
    if path is None:
        ready = SEGMENTERS / dataset
        if kind not in (AUTO, "trained", "none"):
            raise ValueError(f"segmenter.kind={kind} needs segmenter.path=...: a folder, a file or a name")
        if kind == "none" or (kind == AUTO and not _ready(ready, label_set)):
            return None
        return read_segmenter(ready, label_set)
    if kind == AUTO:
        if Path(path).is_file():
            raise ValueError(
                f"segmenter.path={path} is a file; say what it is: segmenter.kind=torchvision or torchscript"
            )
        kind = "trained" if is_trained_here(Path(path)) else "transformers"
    if kind == "none":
        raise ValueError(f"segmenter.path={path} does not go with segmenter.kind=none; drop one of them")
    if kind == "trained":
        return read_segmenter(Path(path), label_set)
    mapping = partial(_mapped, options.classes, label_set)
    if kind == "transformers":
        return transformers_segmenter(path, label_set, mapping)
    if kind == "torchscript":
        return torchscript_segmenter(Path(path), label_set, mapping, options.run_code)
    if options.architecture is None:
        raise ValueError("segmenter.kind=torchvision needs segmenter.architecture=deeplabv3_resnet50, say")
    return torchvision_segmenter(options.architecture, Path(path), label_set, mapping)


def _ready(folder: Path, label_set: LabelSet) -> bool:
    """Whether a segmenter lies ready that knows these classes; one of other classes is left where it is."""
    return is_trained_here(folder) and read_description(folder).names == label_set.names


def _mapped(word: str, label_set: LabelSet, names: Sequence[str] | None, count: int) -> Tensor:
    if word == "ids":
        return classes_by_id(count, label_set)
    if word != "names":
        return classes_of_file(Path(word), count, label_set)
    if names is None:
        raise ValueError(
            "this segmenter has no names of its classes; say segmenter.classes=ids where both number them"
            " alike, or segmenter.classes=FILE.csv"
        )
    return classes_by_name(names, label_set)


def shared_networks(perceptual: str, metrics: MetricSet) -> list[str]:
    """A warning for each figure whose network, or one of its family, the run's loss was trained with."""
    trained_with = FAMILIES.get(perceptual)
    measured_with = {metrics.features.frechet_name: metrics.features.name}
    if metrics.lpips is not None:
        measured_with[f"lpips_{metrics.lpips.trunk}"] = metrics.lpips.trunk
    return [
        f"{figure} flatters: its network is of the family ({trained_with}) that the run was trained with,"
        f" loss.perceptual={perceptual}"
        for figure, network in measured_with.items()
        if trained_with is not None and FAMILIES.get(network) == trained_with
    ]
